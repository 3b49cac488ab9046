import type { ConfigMap } from '../../apis/core/v1.ts'
import { CONFIG_MAPS } from '../../apis/resources.ts'
import type { Controller } from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { addEnsuringController } from './ensure-in-namespaces.ts'

const DESCRIPTION = 'kubernetes.io/description'

/** In the words of kubernetes, since it is shown to users. */
const TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/**
 * Publishes in each namespace what the API server's certificate is verified by, for Pods to mount (kube-controller-manager's
 * `root-ca-certificate-publisher-controller`).
 */
export function addRootCaPublisher(context: ControllerContext): Controller {
  const data = { 'ca.crt': context.authority.certificatePem }
  return addEnsuringController<ConfigMap>(context, {
    controller: 'root-ca-certificate-publisher',
    definition: CONFIG_MAPS,
    name: 'kube-root-ca.crt',
    create: () => ({ metadata: { annotations: { [DESCRIPTION]: TEXT } }, data }),
    repair: (existing) => (isPublished(existing, data['ca.crt']) ? undefined : repaired(existing, data)),
  })
}

function isPublished({ metadata, data = {} }: ConfigMap, caPem: string): boolean {
  const isAll = Object.keys(data).length === 1
  return isAll && data['ca.crt'] === caPem && Boolean(metadata.annotations?.[DESCRIPTION])
}

function repaired(existing: ConfigMap, data: Record<string, string>): ConfigMap {
  const annotations = { ...existing.metadata.annotations, [DESCRIPTION]: TEXT }
  return { ...existing, metadata: { ...existing.metadata, annotations }, data }
}
