/** The feed's view as React state: at most five updates a second, which the eye follows, none while frozen. */
import { useEffect, useRef, useState } from 'react';
import type { FleetFeed, FleetView } from './fleet-feed.js';

const updatesApartMs = 200;

export function useFleetView(feed: FleetFeed, frozen: boolean): FleetView {
  const [view, setView] = useState(feed.view());
  const frozenNow = useRef(frozen);
  frozenNow.current = frozen;
  useEffect(() => {
    let timer: NodeJS.Timeout | undefined;
    const update = () => {
      timer = undefined;
      if (!frozenNow.current) setView(feed.view());
    };
    const unsubscribe = feed.subscribe(() => {
      timer ??= setTimeout(update, updatesApartMs);
    });
    if (!frozen) setView(feed.view());
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [feed, frozen]);
  return view;
}
