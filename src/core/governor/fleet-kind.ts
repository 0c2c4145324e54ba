/**
 * The agents that an instruction is for in, the playbooks and capabilities that a decision about them rests on out: agents whose
 * tasks are containers have some of their own, because a container is no task of seconds and gigabytes.
 */
import { join } from 'node:path';
import type { RegisteredAgent } from '../fleet/registry.js';
import { type Capabilities, dockerHost, referenceFleet } from '../language/capabilities.js';
import { loadPlaybooks, type Playbook, shippedPlaybooks } from './playbooks.js';

export interface FleetKind {
  readonly playbooks: readonly Playbook[];
  readonly capabilities: Capabilities;
}

/** Agents of both kinds together are decided for as the others are. */
export function fleetKindOf(agents: readonly Pick<RegisteredAgent, 'workload'>[]): FleetKind {
  const capabilities = capabilitiesOf(new Set(agents.map(({ workload }) => workload)));
  const folder = capabilities === dockerHost ? join(shippedPlaybooks, 'docker') : shippedPlaybooks;
  return { playbooks: loadPlaybooks(folder, capabilities), capabilities };
}

/** What a result of these workloads teaches something about. */
export function capabilitiesOf(workloads: ReadonlySet<string | undefined>): Capabilities {
  return workloads.size === 1 && workloads.has('docker') ? dockerHost : referenceFleet;
}
