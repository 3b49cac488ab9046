import type { Volume, VolumeMount } from '../../apis/core/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import { BOOTSTRAP_KUBECONFIG_SECRET } from '../../manifests/klusterlet.ts'
import { isRegistrationGateEnabled } from './gates.ts'

const DEFAULT_HUB_CONNECTION_TIMEOUT_SECONDS = 600

/** What an agent shows the hub first: one kubeconfig, or those of several hubs to choose from. */
export interface BootstrapSecrets {
  readonly args: readonly string[]
  readonly volumes: readonly Volume[]
  readonly mounts: readonly VolumeMount[]
}

export function bootstrapSecretsOf(klusterlet: Klusterlet): BootstrapSecrets {
  if (isRegistrationGateEnabled(klusterlet, 'MultipleHubs')) return severalHubs(klusterlet)
  const name = 'bootstrap-secret'
  return {
    args: ['--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig'],
    volumes: [{ name, secret: { secretName: BOOTSTRAP_KUBECONFIG_SECRET } }],
    mounts: [{ name, mountPath: '/spoke/bootstrap', readOnly: true }],
  }
}

function severalHubs({ spec }: Klusterlet): BootstrapSecrets {
  const kubeconfigs = spec?.registrationConfiguration?.bootstrapKubeConfigs
  const local = kubeconfigs?.type === 'LocalSecrets' ? kubeconfigs.localSecretsConfig : undefined
  const names = (local?.kubeConfigSecrets ?? []).map(({ name }) => name)
  const timeout = local?.hubConnectionTimeoutSeconds ?? DEFAULT_HUB_CONNECTION_TIMEOUT_SECONDS
  return {
    args: [
      ...names.map((name) => `--bootstrap-kubeconfigs=/spoke/${name}/kubeconfig`),
      `--hub-connection-timeout-seconds=${timeout}`,
    ],
    volumes: names.map((name) => ({ name, secret: { secretName: name } })),
    mounts: names.map((name) => ({ name, mountPath: `/spoke/${name}`, readOnly: true })),
  }
}
