// vitest's JSON report → what did not pass, by name, and the line `tests: N passed, N failed, N skipped`. Exits with 1 unless every test ran and
// passed: a skipped test, a file that could not be loaded, or no test at all counts as failure.
//
//   node scripts/test-counts.mjs report.json
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export function countTests(report) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
    const failedAsAWhole =
      file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed');
    if (failedAsAWhole) counts.failed += 1;
  }
  return counts;
}

function notPassed(report) {
  return report.testResults.flatMap((file) => {
    const name = path.relative(process.cwd(), file.name);
    const tests = file.assertionResults.filter(({ status }) => status !== 'passed');
    if (tests.length === 0 && file.status === 'failed') return [`FAILED ${name}: ${file.message}`];
    return tests.map(
      ({ status, fullName, failureMessages }) =>
        `${status.toUpperCase()} ${name}: ${fullName}\n${failureMessages.join('\n')}`,
    );
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const report = readReport(process.argv[2]);
  const counts = countTests(report);
  for (const line of notPassed(report)) process.stdout.write(`${line}\n`);
  process.stdout.write(
    `tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
  );
  process.exitCode = counts.passed > 0 && counts.failed === 0 && counts.skipped === 0 ? 0 : 1;
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    process.stderr.write(`no report of the tests: ${error.message}\n`);
    return { testResults: [] };
  }
}
