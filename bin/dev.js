#!/usr/bin/env node
// Runs the command line from its TypeScript source, without a build: node bin/dev.js run "reduce costs 15%".
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

register();
process.env.NODE_ENV = 'production';
if (process.argv.includes('--no-color') || process.env.NO_COLOR) {
  process.env.NO_COLOR = '1';
  process.env.FORCE_COLOR = '0';
}

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
pjson.oclif = JSON.parse(
  JSON.stringify(pjson.oclif)
    .replaceAll(/\.\/dist\/([\w/-]+)\.js/g, './src/$1.ts')
    .replaceAll('./dist/', './src/'),
);

const { main } = await import('../src/cli/main.ts');
await main({ argv: process.argv.slice(2), root, pjson, ignoreManifest: true });
