/** The time as React state, for ages and countdowns; stands still while frozen. */
import { useEffect, useState } from 'react';

export function useNow(everyMs: number, frozen: boolean, now: () => number = Date.now): number {
  const [nowMs, setNowMs] = useState(now);
  useEffect(() => {
    if (frozen) return;
    setNowMs(now());
    const timer = setInterval(() => setNowMs(now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, frozen, now]);
  return nowMs;
}
