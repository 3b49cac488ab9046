import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/**
 * Gives the whole run one temporary directory, which every `os.tmpdir()` of the tests and of their child processes
 * then means, and removes it at the end. A test worker cannot be relied on to do that: vitest ends it with SIGTERM.
 */
export default function setUpTemporaryDirectory(): () => void {
  const before = process.env.TMPDIR
  const dir = mkdtempSync(path.join(os.tmpdir(), 'cluster-proxy-test-'))
  process.env.TMPDIR = dir
  return () => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(dir, { recursive: true, force: true })
  }
}
