/** Which machines run the Docker tests: those that can give them an engine, and CI whatever it can give. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..', '..');
const aDockerTest = 'test/support/docker-engine.docker.test.ts';

describe('the Docker tests', () => {
  it('are left out, with a word on stderr, where no engine can be had', () => {
    const { files, stderr } = listTests({ CI: '' });
    expect(files).toContain('test/scripts/docker-tests.test.ts');
    expect(files).not.toContain(aDockerTest);
    expect(stderr).toMatch(/^Docker tests LEFT OUT .*To get one on Debian: apt-get install/m);
  });

  it('are never left out in CI, so that there a missing engine fails', () => {
    const { files, stderr } = listTests({ CI: 'true' });
    expect(files).toContain(aDockerTest);
    expect(stderr).not.toContain('LEFT OUT');
  });
});

/** On a machine without an engine and without any program to start one. */
function listTests(env: NodeJS.ProcessEnv): { files: string[]; stderr: string } {
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [vitest, 'list', '--filesOnly'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...env, PATH: '/nonexistent', DOCKER_HOST: 'unix:///nonexistent', NO_COLOR: '1' },
  });
  return { files: stdout.trim().split('\n'), stderr };
}
