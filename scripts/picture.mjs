// A real terminal → an SVG picture of its screen, for README and docs. Needs tmux. Usage:
//   node scripts/picture.mjs OUT.svg COLUMNSxROWS SECONDS COMMAND…
// Runs COMMAND in a terminal of that size, waits the seconds, and draws what the screen then shows.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const [out, size = '100x30', seconds = '5', ...command] = process.argv.slice(2);
if (out === undefined || command.length === 0) {
  process.stderr.write('usage: node scripts/picture.mjs OUT.svg COLUMNSxROWS SECONDS COMMAND…\n');
  process.exit(2);
}
const [columns, rows] = size.split('x').map(Number);

const cell = { width: 8.43, height: 16.5 };
const escapeCharacter = String.fromCharCode(27);
const styledText = new RegExp(`${escapeCharacter}\\[([\\d;]*)m|([^${escapeCharacter}]+)`, 'g');
const margin = 14;
const theme = { background: '#14171c', foreground: '#d5dae1', dim: '#7b8490' };
const palette = ['#3b4048', '#e06c75', '#8cc265', '#d9a54a', '#5aa7e8', '#c678dd', '#4bb8c2', '#c8ccd4'];
const bright = ['#6c7480', '#ff8a93', '#a6e07c', '#f0c063', '#7dc0ff', '#dd9bf2', '#6fd6de', '#ffffff'];

const session = `picture-${process.pid}`;
const tmux = (...words) =>
  execFileSync('tmux', ['-L', session, '-f', '/dev/null', ...words], { encoding: 'utf8' });
const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
tmux(
  'new-session',
  '-d',
  '-x',
  String(columns),
  '-y',
  String(rows),
  `COLORTERM=truecolor ${quoted}; sleep 600`,
);
try {
  await delay(Number(seconds) * 1000);
  writeFileSync(out, svgOf(tmux('capture-pane', '-e', '-p').split('\n').slice(0, rows)));
} finally {
  tmux('kill-server');
}

function svgOf(lines) {
  while (lines.length > 1 && lines.at(-1).trim() === '') lines.pop();
  const width = Math.round(columns * cell.width + 2 * margin);
  const height = Math.round(lines.length * cell.height + 2 * margin);
  const texts = lines.map((line, row) => lineOf(line, margin + (row + 0.75) * cell.height)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${escaped(command.join(' '))}</title>
<rect width="100%" height="100%" rx="8" fill="${theme.background}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">
${texts}
</g>
</svg>
`;
}

/** One row: each run of one style becomes a text of exactly its cells' width, whatever font the reader has. */
function lineOf(line, y) {
  let column = 0;
  let style = {};
  const parts = [];
  for (const [, codes, text] of line.matchAll(styledText)) {
    if (codes !== undefined) {
      style = styleAfter(style, codes.split(';').map(Number));
      continue;
    }
    const cells = [...text].length;
    if (style.back !== undefined) {
      parts.push(
        `<rect x="${at(column)}" y="${(y - cell.height * 0.75).toFixed(1)}" width="${(cells * cell.width).toFixed(1)}" height="${cell.height}" fill="${style.back}"/>`,
      );
    }
    if (text.trim() !== '') {
      const fill = style.dim ? theme.dim : (style.fore ?? theme.foreground);
      const weight = style.bold ? ' font-weight="600"' : '';
      parts.push(
        `<text x="${at(column)}" y="${y.toFixed(1)}" fill="${fill}"${weight} textLength="${(cells * cell.width).toFixed(1)}">${escaped(text)}</text>`,
      );
    }
    column += cells;
  }
  return parts.join('');
}

function styleAfter(style, codes) {
  let next = { ...style };
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index];
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(index + 1));
      next[code === 38 ? 'fore' : 'back'] = colour;
      index += used;
    } else {
      next = code === 0 ? {} : { ...next, ...simple(code) };
    }
  }
  return next;
}

function simple(code) {
  if (code === 1) return { bold: true };
  if (code === 2) return { dim: true };
  if (code === 22) return { bold: false, dim: false };
  if (code === 39) return { fore: undefined };
  if (code === 49) return { back: undefined };
  if (code >= 30 && code <= 37) return { fore: palette[code - 30] };
  if (code >= 40 && code <= 47) return { back: palette[code - 40] };
  if (code >= 90 && code <= 97) return { fore: bright[code - 90] };
  return {};
}

/** `5;N` is a colour of the 256, `2;R;G;B` a free one. */
function extended([kind, ...rest]) {
  if (kind === 2) return [`rgb(${rest.slice(0, 3).join(',')})`, 4];
  const [number] = rest;
  if (number < 8) return [palette[number], 2];
  if (number < 16) return [bright[number - 8], 2];
  if (number >= 232)
    return [
      `rgb(${Array(3)
        .fill(8 + (number - 232) * 10)
        .join(',')})`,
      2,
    ];
  const level = (value) => (value === 0 ? 0 : 55 + value * 40);
  const cube = number - 16;
  return [`rgb(${level(Math.floor(cube / 36))},${level(Math.floor(cube / 6) % 6)},${level(cube % 6)})`, 2];
}

function at(column) {
  return (margin + column * cell.width).toFixed(1);
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
