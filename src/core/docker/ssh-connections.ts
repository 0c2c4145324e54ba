/**
 * A machine that ssh reaches in, an http.Agent out whose connections are `docker system dial-stdio` over there, as the docker
 * command does it. It is the ssh of the system, so that host keys, agents, jump hosts and ~/.ssh/config hold here too.
 */
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { execa } from 'execa';

export interface SshTarget {
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
  readonly socketPath: string | undefined;
}

export interface SshConnections {
  readonly agent: Agent;
  /** What ssh said last on stderr: why a connection ended that should not have. */
  complaint(): string;
}

const complaintCharactersMax = 2_000;

export function sshConnections(target: SshTarget, connectionsMax: number): SshConnections {
  let complaint = '';
  const connect = (): Duplex => {
    const child = execa('ssh', sshArguments(target), {
      ...{ stdin: 'pipe', buffer: false, reject: false, encoding: 'buffer' },
    } as const);
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-complaintCharactersMax);
    });
    const duplex = child.duplex();
    duplex.once('close', () => child.kill());
    return asSocket(duplex);
  };
  class SshAgent extends Agent {
    override createConnection(): Duplex {
      return connect();
    }
  }
  const agent = new SshAgent({ keepAlive: true, maxSockets: connectionsMax });
  return { agent, complaint: () => complaint.trim() };
}

/** Nobody is there to answer a question, so none is asked: an unknown host key is a refusal. */
function sshArguments({ host, user, port, socketPath }: SshTarget): string[] {
  return [
    ...['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30'],
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...['--', host, 'docker'],
    ...(socketPath === undefined ? [] : ['--host', `unix://${socketPath}`]),
    ...['system', 'dial-stdio'],
  ];
}

/** What http asks of a socket and a pipe has not. */
function asSocket(duplex: Duplex): Duplex {
  const itself = () => duplex;
  return Object.assign(duplex, {
    setKeepAlive: itself,
    setNoDelay: itself,
    setTimeout: itself,
    ref: itself,
    unref: itself,
  });
}
