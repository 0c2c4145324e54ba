declare module 'parse-prometheus-text-format' {
  export interface Family {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly {
      readonly value: string;
      readonly labels?: Readonly<Record<string, string>>;
    }[];
  }
  /** The text that Prometheus reads -> its metrics, by name. */
  // biome-ignore lint/style/noDefaultExport: as the package has it.
  export default function parse(text: string): readonly Family[];
}
