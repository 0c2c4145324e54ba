/** Whether a home's private Redis has ever kept anything. */
import { existsSync, readdirSync } from 'node:fs';
import type { Home } from './home.js';

export function hasData(home: Home): boolean {
  return existsSync(home.redisDir) && readdirSync(home.redisDir).length > 0;
}
