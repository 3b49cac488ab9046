import type { Informers } from '../../kube/index.ts'

const RBAC_PLURALS = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']

/** Has `onChange` called for any change of roles and bindings, which may be one of an executor's rights. Of the objects next to nothing is kept. */
export function watchRights(informers: Informers, onChange: () => void): void {
  for (const plural of RBAC_PLURALS) {
    const definition = {
      group: 'rbac.authorization.k8s.io',
      version: 'v1',
      plural,
      namespaced: !plural.startsWith('cluster'),
    }
    const informer = informers.for(definition, {
      transform: ({ metadata: { namespace, name, uid, resourceVersion } }) => ({
        metadata: {
          ...(namespace && { namespace }),
          ...(name && { name }),
          ...(uid && { uid }),
          ...(resourceVersion && { resourceVersion }),
        },
      }),
    })
    informer.addHandler({ onAdd: onChange, onUpdate: onChange, onDelete: onChange })
  }
}
