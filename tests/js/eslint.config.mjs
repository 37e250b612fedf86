// What ESLint looks for in the page and in the tests: faults, not taste.
import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['**/node_modules/**', 'nginx/html/assets/blur/**', 'build*/**', 'var*/**'] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'array-callback-return': 'error',
      'default-case-last': 'error',
      'eqeqeq': 'error',
      'no-constructor-return': 'error',
      'no-duplicate-imports': 'error',
      'no-implicit-coercion': ['error', { boolean: true, number: false, string: false }],
      'no-implied-eval': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-throw-literal': 'error',
      'no-undef-init': 'error',
      'no-unreachable-loop': 'error',
      'no-unused-private-class-members': 'error',
      'no-unused-vars': ['error', { args: 'after-used', caughtErrors: 'all', ignoreRestSiblings: true }],
      'no-use-before-define': ['error', { functions: false, classes: false, variables: false }],
      'no-useless-return': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'prefer-promise-reject-errors': 'error',
    },
  },
  {
    files: ['nginx/html/assets/**'],
    languageOptions: { globals: globals.browser },
    rules: { 'no-shadow': 'error' },
  },
  { files: ['nginx/html/assets/encryption-worker.js'], languageOptions: { globals: globals.worker } },
  // The tests run functions of theirs in the page, too.
  { files: ['tests/**'], languageOptions: { globals: { ...globals.browser, ...globals.node } } },
];
