import RolloutList from './list.js';

export default class Rollout extends RolloutList {
  static override summary = 'List the rollouts; show, pause, resume, abort or roll back one of them.';
  static override examples = [
    '<%= config.bin %> rollout',
    '<%= config.bin %> rollout show --outcome failed',
    '<%= config.bin %> rollout pause --reason "payments is deploying"',
  ];
}
