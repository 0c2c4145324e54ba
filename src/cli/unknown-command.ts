/**
 * oclif's hook for a command that does not exist: words of the command line → an error with the nearest command.
 * Its own plugin for this asks on the terminal and loads four times as much.
 */
import type { Interfaces } from '@oclif/core';
import { DreamnetError } from '../core/errors.js';
import { closest } from './closest.js';

export const commandNotFound: Interfaces.Hook.CommandNotFound = async ({ id, config }) => {
  throw unknownCommand(id, config);
};

/** `id` is what oclif made of the words, joined by colons: it may hold arguments of the mistyped command. */
export function unknownCommand(id: string, config: Interfaces.Config): DreamnetError {
  const words = id.split(':');
  const parent = config.findCommand(words[0] ?? '');
  if (parent && words[1] !== undefined) {
    return failure(
      `${parent.id} takes no argument ${quoted(words[1])}.`,
      `See: ${config.bin} ${parent.id} --help`,
    );
  }
  const topic = config.findTopic(words[0] ?? '') ? words[0] : undefined;
  const typed = topic !== undefined && words[1] !== undefined ? `${topic} ${words[1]}` : (words[0] ?? '');
  const near = nearestCommand(words, config);
  const help = `See: ${config.bin} --help`;
  return failure(
    `There is no command ${quoted(typed)}.`,
    near === undefined ? help : `Did you mean: ${config.bin} ${near}? ${help}`,
  );
}

/** A command of two words is compared with the first two words typed, and so on. */
function nearestCommand(words: readonly string[], config: Interfaces.Config): string | undefined {
  const ids = config.commands.filter((command) => !command.hidden).map((command) => command.id);
  for (const length of [2, 1]) {
    const candidates = ids.filter((candidate) => candidate.split(':').length === length);
    const near = words.length < length ? undefined : closest(words.slice(0, length).join(':'), candidates);
    if (near !== undefined) return near.replaceAll(':', ' ');
  }
  return undefined;
}

function quoted(word: string): string {
  return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);
}

function failure(message: string, hint: string): DreamnetError {
  return new DreamnetError({ code: 'DN903', kind: 'bad-input', message, hint });
}
