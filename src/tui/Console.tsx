/** The console itself: keys, the clock, freezing, and which screen is on. */
import { useApp, useInput, useStdin, useWindowSize } from 'ink';
import { useState } from 'react';
import type { FleetFeed } from './hooks/fleet-feed.js';
import { useFleetView } from './hooks/use-fleet-view.js';
import { useNow } from './hooks/use-now.js';
import { type SteerRollout, useSteering } from './hooks/use-steering.js';
import { actionFor, type KeyAction } from './keys.js';
import { HelpScreen } from './screens/HelpScreen.js';
import { OperationScreen } from './screens/OperationScreen.js';

export interface ConsoleProps {
  readonly feed: FleetFeed;
  /** Address of Redis as shown to people. */
  readonly target: string;
  /** Absent: the console only shows. */
  readonly steer?: SteerRollout | undefined;
  readonly now?: () => number;
}

const clockMs = 1_000;
const liveClockMs = 500;

export function Console({ feed, target, steer, now }: ConsoleProps) {
  const { exit } = useApp();
  const { isRawModeSupported } = useStdin();
  const { columns, rows } = useWindowSize();
  const [help, setHelp] = useState(false);
  const [frozen, setFrozen] = useState(false);
  const view = useFleetView(feed, frozen);
  const nowMs = useNow(isRunning(view.facts?.rollout?.state) ? liveClockMs : clockMs, frozen, now);
  const control = useSteering(steer);
  const rollout = view.facts?.rollout;
  const act = (action: KeyAction) => {
    control.dismiss();
    switch (action) {
      case 'quit':
        return exit();
      case 'help':
        return setHelp(!help);
      case 'freeze':
        return setFrozen(!frozen);
      case 'back':
        return setHelp(false);
      case 'pause':
      case 'abort':
      case 'rollback':
        setHelp(false);
        return control.press(action, feed.view().facts?.rollout);
      default:
        return action satisfies never;
    }
  };
  useInput(
    (input, key) => {
      if (control.type(input, key)) return;
      const action = actionFor(input, key);
      if (action !== undefined) act(action);
    },
    { isActive: isRawModeSupported },
  );
  // A frame as high as the terminal makes it scroll.
  const frame = { columns, rows: Math.max(1, rows - 1) };
  if (help) return <HelpScreen {...frame} />;
  return (
    <OperationScreen
      {...frame}
      {...{ view, nowMs, target, frozen }}
      readonly={steer === undefined}
      steering={control.steering}
      steerable={steer === undefined ? undefined : rollout}
    />
  );
}

function isRunning(state: string | undefined): boolean {
  return state === 'canary' || state === 'injecting' || state === 'live';
}
