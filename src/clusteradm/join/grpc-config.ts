import { readFile } from 'node:fs/promises'
import type { ConfigMap } from '../../apis/core/v1.ts'
import { CONFIG_MAPS } from '../../apis/resources.ts'
import { errorMessage } from '../../common/errors.ts'
import { readTrouble } from '../../common/read-trouble.ts'
import type { KubeClient } from '../../kube/client.ts'
import { CommandError } from '../failure.ts'
import { HUB_NAMESPACE } from '../names.ts'
import { yamlText } from '../output/print-data.ts'
import type { JoinValues } from './klusterlet-options.ts'

const CA_BUNDLE = { namespace: HUB_NAMESPACE, name: 'ca-bundle-configmap' }

/** How the agent reaches the hub's gRPC server. Undefined unless it registers by that. */
export async function grpcConfig(
  hub: KubeClient,
  flags: JoinValues,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (flags.registrationAuth !== 'grpc') return undefined
  const ca = flags.grpcCaFile === '' ? await publishedCa(hub, signal) : await readCa(flags.grpcCaFile)
  return yamlText({
    caData: Buffer.from(ca).toString('base64'),
    token: flags.hubToken,
    url: flags.grpcServer,
  })
}

async function readCa(file: string): Promise<string> {
  try {
    const ca = await readFile(file, 'utf8')
    if (ca.trim() !== '') return ca
  } catch (error) {
    throw new CommandError(`--grpc-ca-file "${file}" read failed: ${readTrouble(error)}`, { cause: error })
  }
  throw new CommandError(`--grpc-ca-file "${file}" is empty`)
}

async function publishedCa(hub: KubeClient, signal: AbortSignal): Promise<string> {
  const { namespace, name } = CA_BUNDLE
  let bundle: string
  try {
    const { data } = await hub.resource<ConfigMap>(CONFIG_MAPS).get(CA_BUNDLE, { signal })
    bundle = data?.['ca-bundle.crt'] ?? ''
  } catch (error) {
    throw new CommandError(`failed to get CA bundle configmap for gRPC server: ${errorMessage(error)}`, {
      cause: error,
    })
  }
  if (bundle.trim() !== '') return bundle
  throw new CommandError(`ConfigMap ${namespace}/${name} is missing or has empty key 'ca-bundle.crt'`)
}
