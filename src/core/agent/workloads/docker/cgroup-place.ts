/**
 * Where the kernel counts what a container uses: the text of /proc/PID/cgroup and of /proc/self/mountinfo in, directories out.
 * Both layouts are understood, that of cgroup v1 with a hierarchy for each controller and the one of v2. Pure.
 */
import { join } from 'node:path';

export type CgroupPlace =
  | {
      readonly version: 1;
      readonly cpuacct: string;
      readonly memory: string;
      readonly blkio: string | undefined;
    }
  | { readonly version: 2; readonly directory: string };

export interface CgroupMounts {
  /** By controller. */
  readonly v1: ReadonlyMap<string, CgroupMount>;
  readonly v2: CgroupMount | undefined;
}

interface CgroupMount {
  readonly directory: string;
  /** Which group its directory shows. */
  readonly root: string;
}

export function cgroupMounts(mountinfo: string): CgroupMounts {
  const v1 = new Map<string, CgroupMount>();
  let v2: CgroupMount | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', directory = ''] = before.split(' ').map(unescaped);
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') v2 ??= { directory, root };
    if (type !== 'cgroup') continue;
    for (const option of options.split(',')) if (!v1.has(option)) v1.set(option, { directory, root });
  }
  return { v1, v2 };
}

/** Undefined when no group there bears the container's id, or none that can be seen from here. */
export function cgroupPlace(cgroup: string, id: string, mounts: CgroupMounts): CgroupPlace | undefined {
  const groups = groupsOf(cgroup, id);
  const v1 = (controller: string) => directoryOf(groups.get(controller), mounts.v1.get(controller));
  const [cpuacct, memory] = [v1('cpuacct'), v1('memory')];
  if (cpuacct !== undefined && memory !== undefined) {
    return { version: 1, cpuacct, memory, blkio: v1('blkio') };
  }
  const directory = directoryOf(groups.get(''), mounts.v2);
  return directory === undefined ? undefined : { version: 2, directory };
}

/** By controller, `` for that of v2: the group that bears the id, which the process itself may be below. */
function groupsOf(cgroup: string, id: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const [, controllers, path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const parts = path.split('/');
    const own = parts.findIndex((part) => part.includes(id));
    if (controllers === undefined || own < 0) continue;
    for (const controller of controllers.split(','))
      groups.set(controller, parts.slice(0, own + 1).join('/'));
  }
  return groups;
}

/** A group outside of what is mounted here has `..` in its path: it leads nowhere. */
function directoryOf(group: string | undefined, mount: CgroupMount | undefined): string | undefined {
  if (group === undefined || mount === undefined || group.split('/').includes('..')) return undefined;
  if (mount.root === '/') return join(mount.directory, group);
  return group.startsWith(`${mount.root}/`)
    ? join(mount.directory, group.slice(mount.root.length))
    : undefined;
}

/** Spaces and the like are octal in mountinfo. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
}
