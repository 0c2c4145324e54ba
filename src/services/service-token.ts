/** The bearer token of a service: that of --token-file or DREAMNET_TOKEN, or one that is made and kept in the home. */
import { join } from 'node:path';
import { resolveHome } from '../core/fleet/home.js';
import { type BearerToken, bearerToken } from './bearer-token.js';

export function serviceToken(
  service: string,
  { 'token-file': file }: { readonly 'token-file'?: string | undefined },
): BearerToken {
  return bearerToken({
    file,
    variable: process.env.DREAMNET_TOKEN,
    keptAt: join(resolveHome(process.env).configDir, `${service}.token`),
  });
}
