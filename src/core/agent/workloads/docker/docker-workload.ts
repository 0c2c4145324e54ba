/** One agent's part of a Docker host in, its workload out: the containers that were dealt to it are its tasks. */
import { dockerHost } from '../../../language/capabilities.js';
import type { ApplyOutcome, Effect, TaskView, Workload } from '../../workload.js';
import type { DockerHost } from './docker-host.js';
import { moveWithinMs } from './effects/move-region.js';

export class DockerWorkload implements Workload {
  readonly name = 'docker';
  readonly labels = { role: 'optimizer', workload: 'docker' };
  readonly capabilities = dockerHost;
  readonly withinMs = { ROUTE_TO_CHEAPER_REGION: moveWithinMs + 5_000 };
  readonly #host: DockerHost;
  readonly #id: string;
  readonly #index: number;

  constructor(host: DockerHost, id: string, index: number) {
    this.#host = host;
    this.#id = id;
    this.#index = index;
  }

  refresh(nowMs: number, signal: AbortSignal): Promise<void> {
    return this.#host.refresh(nowMs, signal);
  }

  /** Time passes by itself. */
  advance(): void {}

  view(): TaskView {
    return this.#host.viewOf(this.#index);
  }

  async apply({ action, task, argument, instruction, signal }: Effect): Promise<ApplyOutcome> {
    const container = String(task);
    const asked = { container, agent: this.#id, instruction, action, argument, signal };
    const outcome = await this.#host.effects.apply(asked);
    this.#host.countRegion(container);
    return outcome;
  }

  async revert(instruction: string): Promise<void> {
    const moved = this.#host.effects.moved();
    await this.#host.effects.revert(this.#id, instruction).finally(() => {
      for (const { container } of moved) this.#host.countRegion(container);
    });
  }

  /** Containers that end are counted by nobody as runs of a task. */
  counters(): undefined {
    return undefined;
  }
}
