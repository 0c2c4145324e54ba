import AgentsList from './list.js';

export default class Agents extends AgentsList {
  static override summary = 'List the agents, or show one of them.';
  static override examples = ['<%= config.bin %> agents', '<%= config.bin %> agents show agent-0001'];
}
