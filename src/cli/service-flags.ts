/** What every service shares on the command line: where it listens, its bearer token, and the line that says that it is ready. */
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { resolveHome } from '../core/fleet/home.js';
import { type BearerToken, bearerToken } from '../services/bearer-token.js';
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

/** That of --token-file or DREAMNET_TOKEN, or one that is made and kept in the home. */
export function serviceToken(
  service: string,
  flags: { readonly 'token-file'?: string | undefined },
): BearerToken {
  return bearerToken({
    file: flags['token-file'],
    variable: process.env.DREAMNET_TOKEN,
    keptAt: join(resolveHome(process.env).configDir, `${service}.token`),
  });
}

export function readyLine(service: string, url: string, { path }: Pick<BearerToken, 'path'>): LogLine {
  const where = path === null ? 'the token is that of DREAMNET_TOKEN' : `the token is in ${path}`;
  return {
    level: 'info',
    type: 'ready',
    text: `the ${service} listens on ${url}; ${where}`,
    facts: { url, tokenFile: path },
  };
}
