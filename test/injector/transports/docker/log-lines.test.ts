/** What a container prints, in the pieces in which an engine happens to send it. */
import { expect, it } from 'vitest';
import { readLines } from '../../../../src/core/injector/transports/docker/log-lines.js';

it('puts lines together, wherever the pieces are cut', () => {
  const sent = Buffer.concat([piece(1, 'loaded: ü'), piece(1, 'ber\nnext '), piece(2, 'line\r\nlast')]);
  for (let cut = 1; cut < sent.length; cut++) {
    const reader = readLines(false);
    const lines = [...reader.take(sent.subarray(0, cut)), ...reader.take(sent.subarray(cut))];
    expect(lines).toEqual(['loaded: über', 'next line']);
    expect(reader.rest()).toEqual(['last']);
  }
});

it('takes the output of a terminal as it is', () => {
  expect(readLines(true).take(Buffer.from('one\r\ntwo\n'))).toEqual(['one', 'two']);
});

it('keeps no more of a line than has a use', () => {
  const reader = readLines(false);
  for (let times = 0; times < 100; times++) reader.take(piece(1, 'x'.repeat(10_000)));
  expect(reader.take(piece(1, '\n'))[0]).toHaveLength(1_000);
});

function piece(stream: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}
