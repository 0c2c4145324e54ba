/** The WebAssembly engine of the JavaScript runtime, typed as far as this folder uses it. */

/** A compiled module; opaque. */
export interface EngineModule {
  readonly [Symbol.toStringTag]: string;
}

interface EngineMemory {
  readonly buffer: ArrayBuffer;
}

export interface EngineInstance {
  readonly exports: { readonly memory: EngineMemory; readonly run: (rows: number) => number };
}

interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => EngineModule;
  readonly Instance: new (module: EngineModule) => EngineInstance;
}

export const engine: Engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
