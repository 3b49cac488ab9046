import { defineConfig } from 'vitest/config'

/** A guard against hanging, generous since the machine may be busy. */
const GIVE_UP_AFTER_MS = 60_000

/** One project for each kind of test; `vitest run --project unit` runs one of them. */
const folders = ['integration', 'e2e', 'conformance']

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 4, // many wait for processes, timers and sockets: two cores are not busy with three of them
    isolate: false, // loading the sources again for each file takes longer than running the tests
    globalSetup: ['test/support/global-setup.ts'],
    projects: [
      project('unit', {
        include: ['test/**/*.test.ts'],
        exclude: folders.map((folder) => `test/${folder}/**`),
      }),
      project('conformance', { include: ['test/conformance/**/*.test.ts'] }),
      project('integration', { include: ['test/integration/**/*.test.ts'] }),
      project('e2e', { include: ['test/e2e/**/*.test.ts'] }),
    ],
  },
})

function project(name: string, test: { include: string[]; exclude?: string[] }) {
  return {
    extends: true as const,
    test: {
      name,
      environment: 'node' as const,
      setupFiles: ['test/support/address-ranges.setup.ts', 'test/support/open-handles.setup.ts'],
      testTimeout: GIVE_UP_AFTER_MS,
      hookTimeout: GIVE_UP_AFTER_MS,
      ...test,
    },
  }
}
