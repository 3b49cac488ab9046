import { OPERATOR_NAMESPACE } from '../../manifests/cluster-manager.ts'
import { DEFAULT_BUNDLE_VERSION } from '../../manifests/images.ts'
import {
  addKlusterletOperator,
  KLUSTERLET_OPERATOR_COMMAND,
  type KlusterletOperatorConfig,
  parseKlusterletOperatorConfig,
} from '../../operator/klusterlet/index.ts'
import { controllerProcess } from '../controller-process.ts'
import { followTlsProfile } from './follow-tls-profile.ts'

/** `cluster-proxy registration-operator klusterlet` */
export const klusterletOperator = controllerProcess<KlusterletOperatorConfig>({
  spec: KLUSTERLET_OPERATOR_COMMAND,
  parse: parseKlusterletOperatorConfig,
  lock: 'klusterlet-lock',
  setUp: async (setting, config) => {
    const operatorNamespace = setting.namespace || OPERATOR_NAMESPACE
    await followTlsProfile(setting, config, operatorNamespace)
    addKlusterletOperator(setting.manager, {
      operatorNamespace,
      version: DEFAULT_BUNDLE_VERSION,
      controlPlaneNodeLabelSelector: config.controlPlaneNodeLabelSelector,
      deploymentReplicas: config.deploymentReplicas,
      disableAddonNamespace: config.disableDefaultAddonNamespace,
      enableSyncLabels: config.enableSyncLabels,
    })
  },
})
