import type { Secret } from '../apis/core/v1.ts'

/** From here operators copy it to wherever they deploy Pods. */
export const IMAGE_PULL_SECRET = 'open-cluster-management-image-pull-credentials'

/** A Secret with a Docker configuration file's text. The original makes one even where there is nothing to say. @default `{}` */
export function imagePullSecret(
  namespace: string,
  labels: Readonly<Record<string, string>>,
  dockerConfigJson = '{}',
): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: IMAGE_PULL_SECRET, namespace, labels },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(dockerConfigJson).toString('base64') },
  }
}
