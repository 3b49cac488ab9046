// Everything that must hold: lint, types, generated files, and all tests. The last line is the total.
// With arguments, only the named parts run: lint, types, generated, unit, conformance, integration, e2e.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const CHECKS = {
  lint: ['biome', 'ci', '--error-on-warnings', '.'],
  types: ['tsc', '--noEmit'],
  generated: ['node', 'scripts/gen-flags.ts', '--check'],
}
const TEST_PARTS = ['unit', 'conformance', 'integration', 'e2e']

const wanted = process.argv.slice(2)
const unknown = wanted.filter((part) => !(part in CHECKS) && !TEST_PARTS.includes(part))
if (unknown.length > 0) {
  console.error(`unknown part ${unknown[0]}; there are ${[...Object.keys(CHECKS), ...TEST_PARTS].join(', ')}`)
  process.exit(2)
}
const selected = (part) => wanted.length === 0 || wanted.includes(part)

let passed = 0
let failed = 0

// Goes on while the checks run.
const tools = selected('e2e') ? startTools() : undefined

for (const [name, command] of Object.entries(CHECKS)) {
  if (!selected(name)) continue
  const ok = run(command) === 0
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name} (${command.join(' ')})`)
  if (ok) passed++
  else failed++
}

if (tools && (await tools) !== 0) {
  console.log('FAILED: tools (node scripts/test-tools.ts)')
  failed++
}

const parts = TEST_PARTS.filter(selected)
if (parts.length > 0) {
  const dir = mkdtempSync(path.join(tmpdir(), 'test-report-'))
  const report = path.join(dir, 'report.json')
  const status = run([
    'vitest',
    'run',
    ...parts.flatMap((part) => ['--project', part]),
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  const totals = readReport(report)
  passed += totals.passed
  // A file that could not be loaded, or an error outside of any test, fails the run without failing a test.
  failed += Math.max(totals.failed, status === 0 ? 0 : 1)
  rmSync(dir, { recursive: true })
}

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

async function startTools() {
  const child = spawn('node', ['scripts/test-tools.ts'], { stdio: 'inherit' })
  const [status] = await once(child, 'exit')
  return status
}

function run([command, ...args]) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) console.error(`cannot run ${command}: ${error.message}`)
  return status ?? 1
}

function readReport(file) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
