// dist/commands → oclif.manifest.json, so that a start reads one small file instead of loading every command.
// It uses oclif's own Plugin class; the `oclif` package, which has the same in a command, weighs 110 MB.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';

process.env.NODE_ENV = 'production';
const root = fileURLToPath(new URL('..', import.meta.url));
const file = path.join(root, 'oclif.manifest.json');

const plugin = new Plugin({
  root,
  type: 'core',
  isRoot: true,
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();

const draft = `${file}.${process.pid}`;
try {
  writeFileSync(draft, `${JSON.stringify(plugin.manifest, null, 2)}\n`);
  renameSync(draft, file);
} finally {
  rmSync(draft, { force: true });
}
