import KeysList from './list.js';

export default class Keys extends KeysList {
  static override summary = 'List the keys of this home; make, change, trust and revoke them.';
  static override examples = [
    '<%= config.bin %> keys',
    '<%= config.bin %> keys create --use',
    '<%= config.bin %> keys revoke 3f9a --reason "laptop stolen"',
  ];
}
