// vitest's JSON report → the line `tests: N passed, N failed, N skipped`. Exits with 1 unless every test ran and
// passed: a skipped test, a file that could not be loaded, or no test at all counts as failure.
//
//   node scripts/test-counts.mjs report.json
import { readFileSync } from 'node:fs';
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

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const counts = countTests(readReport(process.argv[2]));
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
