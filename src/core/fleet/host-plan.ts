/** A number of agents in, how many each host process carries out. */

export interface HostShare {
  readonly id: string;
  /** Index of the first agent, from 0. */
  readonly firstAgent: number;
  readonly agents: number;
}

/** A host costs some 60 MB before its first agent, and its event loop serves this many agents without falling behind. */
const agentsPerHost = 600;

/** As many hosts as that takes, but no more than there are processors to run them (two at least); shares differ by one at most. */
export function planHosts(options: { readonly agents: number; readonly cpus: number }): readonly HostShare[] {
  const { agents, cpus } = options;
  const hosts = Math.min(Math.ceil(agents / agentsPerHost), Math.max(2, cpus));
  const startOf = (host: number) => Math.floor((agents * host) / hosts);
  return Array.from({ length: hosts }, (_, host) => ({
    id: `host-${host + 1}`,
    firstAgent: startOf(host),
    agents: startOf(host + 1) - startOf(host),
  }));
}
