// Being written (e2e engineer, see /tmp/briefs).
