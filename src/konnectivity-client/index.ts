export {
  AppError,
  ConfigError,
  ConnectionResetError,
  DialError,
  type DialFailureReason,
} from '../common/errors.ts'
export type { Logger } from '../common/log.ts'
export { createForwarder, type Forwarder, type ForwarderOptions } from './adapters/forwarder.ts'
export { httpAgent, httpsAgent } from './adapters/http-agents.ts'
export { type KubeConfigLike, kubeConfigThroughTunnel } from './adapters/kube-config.ts'
export { tlsConnect } from './adapters/tls-connect.ts'
export {
  type UndiciConnectOptions,
  type UndiciConnector,
  undiciConnector,
} from './adapters/undici-connector.ts'
export { ConnectResponseError } from './connect-request.ts'
export {
  type CredentialFiles,
  type Credentials,
  type CredentialsSource,
  credentialsFromFiles,
} from './credentials.ts'
export { createTunnel } from './grpc-tunnel.ts'
export { createHttpConnectTunnel, type HttpConnectTunnelOptions } from './http-connect-tunnel.ts'
export { type ClientMetrics, type ConnectionStatus, type MetricsLibrary, registerMetrics } from './metrics.ts'
export type { ServerAddresses } from './server-address.ts'
export { createSingleUseGrpcTunnel } from './single-use-tunnel.ts'
export type { TunnelSocketState } from './socket-duplex.ts'
export type { DialOptions, Tunnel, TunnelKeepalive, TunnelOptions } from './tunnel.ts'
export type { TunnelSocket } from './tunnel-socket.ts'
