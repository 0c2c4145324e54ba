/** An application of our base command, run from source, for the tests beside it. */
import { main } from '../../../src/cli/main.js';

process.env.NODE_ENV = 'production';
await main({ argv: process.argv.slice(2), root: import.meta.dirname, ignoreManifest: true });
