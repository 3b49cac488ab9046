import type { ConfigMap } from '../../apis/core/v1.ts'
import { CONFIG_MAPS } from '../../apis/resources.ts'
import type { ControllerConfig } from '../../common/controller-flags.ts'
import { sameJson } from '../../common/json-tools.ts'
import type { Logger } from '../../common/log.ts'
import { Informer } from '../../kube/index.ts'
import { TLS_PROFILE_CONFIG_MAP, type TlsProfile, tlsProfileOf } from '../../operator/tls-profile.ts'
import type { ControllerSetting } from '../controller-process.ts'

/**
 * Has an operator's own port accept what `ocm-tls-profile` in its namespace says, unless flags say something else. A process that
 * serves what is no longer said is started anew. A profile that makes no sense is none.
 */
export async function followTlsProfile(
  { log, client, manager, restart, serveWith, signal }: ControllerSetting,
  { tlsMinVersion, tlsCipherSuites }: ControllerConfig,
  namespace: string,
): Promise<void> {
  if (tlsMinVersion !== '' || tlsCipherSuites.length > 0) return
  const resource = client.resource<ConfigMap>(CONFIG_MAPS)
  let served: TlsProfile = {}
  try {
    served = usable(await resource.find({ namespace, name: TLS_PROFILE_CONFIG_MAP }, { signal }), log)
  } catch (err) {
    signal.throwIfAborted()
    log.warn({ err }, 'cannot read the TLS profile before serving')
  }
  const { minVersion = '', cipherSuites = '' } = served
  serveWith({ tlsMinVersion: minVersion, tlsCipherSuites: cipherSuites.split(',').filter(Boolean) })
  const notice = (configMap: ConfigMap | undefined) => {
    if (!sameJson({ ...usable(configMap, log) }, { ...served })) restart('the TLS profile has changed')
  }
  const informer = new Informer<ConfigMap>(
    { resource, clock: client.clock, log },
    { namespace, fieldSelector: `metadata.name=${TLS_PROFILE_CONFIG_MAP}` },
  )
  informer.addHandler({
    onAdd: notice,
    onUpdate: (_, configMap) => notice(configMap),
    onDelete: () => notice(undefined),
  })
  manager.add(informer)
}

function usable(configMap: ConfigMap | undefined, log: Logger): TlsProfile {
  try {
    return tlsProfileOf(configMap) ?? {}
  } catch (err) {
    log.warn({ err }, 'serving without the TLS profile, which makes no sense')
    return {}
  }
}
