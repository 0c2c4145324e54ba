/** An engine in, the name of an image with busybox and a script out; made from files, no registry is asked. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type Docker from 'dockerode';
import { staticBusybox } from '../docker-available.js';

const tools = ['sh', 'cat', 'chmod', 'id', 'ls', 'mkfifo', 'mv', 'sha256sum', 'sleep', 'stat', 'wc'];
const moreTools = ['dd', 'head', 'httpd', 'mkdir', 'sed', 'tr', 'usleep', 'wget'];

export function importAgentImage(docker: Docker): Promise<string> {
  return importScript(docker, {
    repo: 'dreamnet-test-agent',
    script: join(import.meta.dirname, 'agent.sh'),
    changes: 'CMD ["/agent.sh"]',
  });
}

/** That of examples/mixed-containers, as its Dockerfile would make it. */
export function importWorkImage(docker: Docker): Promise<string> {
  return importScript(docker, {
    repo: 'dreamnet-test-work',
    script: join(import.meta.dirname, '../../../examples/mixed-containers/work.sh'),
    changes: 'ENTRYPOINT ["/work.sh"]',
  });
}

interface ScriptImage {
  readonly repo: string;
  readonly script: string;
  readonly changes: string;
}

/** The tag names the content, so that an image of older files is never taken for this one. */
async function importScript(docker: Docker, image: ScriptImage): Promise<string> {
  const busybox = staticBusybox();
  if (busybox === undefined) throw new Error('images for tests need busybox: apt-get install busybox-static');
  const content = createHash('sha256');
  for (const part of [busybox, image.script, import.meta.filename]) content.update(await readFile(part));
  const tag = content.digest('hex').slice(0, 12);
  const name = `${image.repo}:${tag}`;
  const known = await docker
    .getImage(name)
    .inspect()
    .catch(() => undefined);
  if (known === undefined) await importRootfs(docker, { ...image, busybox, tag });
  return name;
}

async function importRootfs(
  docker: Docker,
  { busybox, tag, repo, script, changes }: ScriptImage & { busybox: string; tag: string },
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'dreamnet-rootfs-'));
  try {
    for (const directory of ['bin', 'tmp', 'injected-programs']) await mkdir(join(root, directory));
    await copyFile(busybox, join(root, 'bin', 'busybox'));
    for (const tool of [...tools, ...moreTools]) await symlink('busybox', join(root, 'bin', tool));
    await copyFile(script, join(root, basename(script)));
    await chmod(join(root, basename(script)), 0o755);
    await writeFile(join(root, 'injected-programs', 'ack'), '');
    const tar = spawn('tar', ['-C', root, '--owner=0', '--group=0', '-c', '.'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const answer = await docker.importImage(tar.stdout, {
      ...{ repo, tag, changes },
    });
    await new Promise((resolve, reject) =>
      docker.modem.followProgress(answer, (error, output) =>
        error === null ? resolve(output) : reject(error),
      ),
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
