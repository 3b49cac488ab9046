import { mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { silentLogger } from '../../src/common/log.ts'
import { readKubeconfig, systemClock } from '../../src/kube/index.ts'
import { HttpKubeClient, type HttpKubeClientOptions } from '../../src/tunnel-kube/kube-client.ts'
import type { FakeKubeApi } from '../support/fake-kube-api.ts'

/** Writes a kubeconfig where the whole run's files are removed in the end, and returns its path. */
export async function writeKubeconfig(text: string): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'kubeconfig-'))
  const file = path.join(dir, 'kubeconfig')
  await writeFile(file, text)
  return file
}

/** A client with as many requests as it likes, since tests do not wait. */
export async function clientFor(
  api: FakeKubeApi,
  options: HttpKubeClientOptions = {},
): Promise<HttpKubeClient> {
  const file = await writeKubeconfig(api.kubeconfig())
  return new HttpKubeClient(
    { log: silentLogger, clock: systemClock, readAccess: () => readKubeconfig([file]) },
    { qps: -1, ...options },
  )
}
