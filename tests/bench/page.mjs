// Measures how soon people are in a call of a running instance, by TLS and HTTP/2 on this machine: one person sends, and VISITS others
// come one after the other. Prints the median and the longest time of each step, in ms.
//
//   node tests/bench/page.mjs [VISITS]     (CONFAB_VAR: ./var; after `npm ci` in tests/e2e)
import { Browser } from '../e2e/lib/browser.mjs';
import { Client } from '../e2e/lib/client.mjs';
import { visitTimes } from '../e2e/lib/page-times.mjs';
import { enter } from '../e2e/lib/page.mjs';
import { sharedStack } from '../e2e/lib/stack.mjs';
import { TlsSite } from '../e2e/lib/tls-site.mjs';

const visits = Number(process.argv[2] ?? 9);
const STEPS = {
  preview: 'link to live preview', picture: 'Join to first remote picture', reload: 'reload to being in the call',
};

process.env.CONFAB_E2E_VAR = process.env.CONFAB_VAR ?? new URL('../../var', import.meta.url).pathname;
const stack = sharedStack();
const client = new Client(stack);
const site = await TlsSite.start(stack);
const browser = await Browser.start({ flags: site.flags });
try {
  const link = await client.meeting({});
  const url = site.own((await client.call('POST', `/session/${link}/invites`, { body: {} })).body.url);
  await enter(await browser.person(), url, 'First');
  const all = [];
  for (let i = 0; i < visits; i += 1) {
    const person = await browser.person();
    all.push(await visitTimes(person, url, `Person ${i + 1}`));
    await person.context.close();
  }
  for (const [step, what] of Object.entries(STEPS)) {
    const times = all.map((one) => one[step]).sort((a, b) => a - b);
    console.log(`${what}: median ${Math.round(times[times.length >> 1])} ms, longest ${Math.round(times.at(-1))} ms`);
  }
} finally {
  await browser.close();
  await site.stop();
  client.agent.destroy();
}
