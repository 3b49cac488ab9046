import type { KubeObject } from '../../apis/meta/v1.ts'
import {
  type KubeClient,
  type KubeRequest,
  ResourceClient,
  type ResourceDefinition,
} from '../../kube/index.ts'

const ONE = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
const LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'

/** A client for one resource, of whatever kind, that is told nothing of its objects but their metadata. */
export function metadataResource(
  client: KubeClient,
  definition: ResourceDefinition,
): ResourceClient<KubeObject> {
  return new ResourceClient<KubeObject>(
    {
      request: (request) => client.request({ accept: acceptFor(request), ...request }),
      watch: (request) => client.watch({ accept: ONE, ...request }),
    },
    definition,
  )
}

/** Of a deletion the answer is a Status or the object, and nobody reads it. */
function acceptFor({ method, path }: KubeRequest): string {
  if (method === 'DELETE') return 'application/json'
  return method === 'GET' && isCollection(path) ? LIST : ONE
}

/** Behind the group and version come pairs of a resource and a name, but for a collection's last. */
function isCollection(path: string): boolean {
  const segments = path.split('/').filter((segment) => segment !== '')
  const names = segments.slice(segments[0] === 'api' ? 2 : 3)
  return names.length % 2 === 1
}
