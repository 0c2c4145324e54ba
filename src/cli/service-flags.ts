/** What every service shares on the command line: where it listens and for whom, and the line that says that it is ready. */
import { Flags } from '@oclif/core';
import type { LogLine } from './service-log.js';

export const serviceFlags = {
  host: Flags.string({
    description: 'Address to listen on; one that other machines reach needs a token that is given.',
    default: '127.0.0.1',
    helpValue: '<address>',
  }),
  'token-file': Flags.string({
    description: 'File with the bearer token, readable for its owner alone.',
    helpValue: '<file>',
  }),
  'allow-host': Flags.string({
    description: 'A further name under which requests may be sent to it; may be repeated.',
    multiple: true,
    helpValue: '<name>',
  }),
};

export function readyLine(service: string, url: string, { path }: { readonly path: string | null }): LogLine {
  const where = path === null ? 'the token is that of DREAMNET_TOKEN' : `the token is in ${path}`;
  return {
    level: 'info',
    type: 'ready',
    text: `the ${service} listens on ${url}; ${where}`,
    facts: { url, tokenFile: path },
  };
}
