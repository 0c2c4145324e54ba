/** Where it was before both the injector and agents used it. */
export * from '../../../docker/engine.js';
