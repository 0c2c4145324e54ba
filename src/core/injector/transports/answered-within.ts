/** Where it was before both the injector and agents used it. */
export * from '../../answered-within.js';
