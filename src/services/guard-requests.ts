/**
 * Who may ask in, a refusal or nothing out: by the name that a request was sent to (a page whose name is pointed at this
 * machine would reach it otherwise), by where a browser says that it comes from, and by the bearer token for everything
 * that changes something.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { DreamnetError } from '../core/errors.js';
import type { BearerToken } from './bearer-token.js';

export interface Guard {
  /** Names of this service besides localhost; numbers are always right, because no name leads to them. */
  readonly names: readonly string[];
  readonly token: BearerToken;
}

/** Throws DN711, DN712 and DN713. */
export function guardRequest(
  { names, token }: Guard,
  { method, headers }: { readonly method: string; readonly headers: IncomingHttpHeaders },
): void {
  const host = hostName(headers.host);
  if (host === undefined || !(isIP(host) > 0 || ['localhost', ...names].includes(host))) throw wrongHost();
  if (isCrossSite(headers)) throw crossSite();
  if (method === 'GET' || method === 'HEAD') return;
  const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (given === undefined || !token.isRight(given)) throw noToken(given !== undefined);
}

/** Without port and brackets. */
function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** Browsers send these by themselves, and no page can change them. */
function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host = '' } = headers;
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

function noToken(isWrong: boolean): DreamnetError {
  return new DreamnetError({
    code: 'DN711',
    kind: 'bad-input',
    message: isWrong ? 'The bearer token is not the one of this service.' : 'This needs a bearer token.',
    hint: 'Send the header `authorization: Bearer TOKEN`; the service said at its start where the token is.',
  });
}

function wrongHost(): DreamnetError {
  return new DreamnetError({
    code: 'DN712',
    kind: 'bad-input',
    message: 'The request was sent to a name that is none of this service.',
    hint: 'Use its address or localhost, or start it with --allow-host NAME.',
  });
}

function crossSite(): DreamnetError {
  return new DreamnetError({
    code: 'DN713',
    kind: 'bad-input',
    message: 'Requests of pages of other sites are refused.',
    hint: 'Ask from a program, not from a page.',
  });
}
