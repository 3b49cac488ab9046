import { OPERATOR_NAMESPACE } from '../../manifests/cluster-manager.ts'
import { DEFAULT_BUNDLE_VERSION } from '../../manifests/images.ts'
import {
  addKlusterletOperator,
  KLUSTERLET_OPERATOR_COMMAND,
  type KlusterletOperatorConfig,
  parseKlusterletOperatorConfig,
} from '../../operator/klusterlet/index.ts'
import { controllerProcess } from '../controller-process.ts'

/** `cluster-proxy registration-operator klusterlet` */
export const klusterletOperator = controllerProcess<KlusterletOperatorConfig>({
  spec: KLUSTERLET_OPERATOR_COMMAND,
  parse: parseKlusterletOperatorConfig,
  lock: 'klusterlet-lock',
  setUp: ({ manager, namespace }, config) =>
    addKlusterletOperator(manager, {
      operatorNamespace: namespace || OPERATOR_NAMESPACE,
      version: DEFAULT_BUNDLE_VERSION,
      controlPlaneNodeLabelSelector: config.controlPlaneNodeLabelSelector,
      deploymentReplicas: config.deploymentReplicas,
      disableAddonNamespace: config.disableDefaultAddonNamespace,
      enableSyncLabels: config.enableSyncLabels,
    }),
})
