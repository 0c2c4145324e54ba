/** The key table: what each key does and how it is told; hints, help and input all come from it. */

export type KeyAction = 'quit' | 'help' | 'freeze' | 'back' | 'pause' | 'abort' | 'rollback';

export interface KeyBinding {
  readonly action: KeyAction;
  /** As Ink reports it: the character, or the name of a special key. */
  readonly keys: readonly string[];
  /** How the key is written on the screen. */
  readonly label: string;
  /** One word for the hint line; absent keys appear in the help only. */
  readonly hint?: string;
  readonly meaning: string;
}

export const keyTable: readonly KeyBinding[] = [
  { action: 'quit', keys: ['q'], label: 'q', hint: 'quit', meaning: 'Leave the console; the fleet goes on.' },
  { action: 'help', keys: ['?'], label: '?', hint: 'help', meaning: 'Show or hide this page.' },
  {
    action: 'freeze',
    keys: ['f'],
    label: 'f',
    hint: 'freeze',
    meaning: 'Hold the view still, and let it go on again.',
  },
  {
    action: 'pause',
    keys: ['p'],
    label: 'p',
    hint: 'pause',
    meaning: 'Pause the rollout, or resume it: nothing is sent meanwhile.',
  },
  {
    action: 'abort',
    keys: ['A'],
    label: 'A',
    hint: 'abort',
    meaning: 'Abort the rollout: nothing more is sent, agents stay as they are.',
  },
  {
    action: 'rollback',
    keys: ['R'],
    label: 'R',
    hint: 'roll back',
    meaning: 'Roll back: every agent returns to what it had.',
  },
  { action: 'back', keys: ['escape'], label: 'esc', meaning: 'Go back to where you were.' },
];

export function actionFor(input: string, key: { readonly escape?: boolean }): KeyAction | undefined {
  const pressed = key.escape ? 'escape' : input;
  return keyTable.find((binding) => binding.keys.includes(pressed))?.action;
}
