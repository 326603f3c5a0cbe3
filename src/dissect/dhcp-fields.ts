// Fields of DHCP and its options.
// Names, labels, types and value names are Wireshark's.

import { booleanNames, defineProtocol, type ProtocolFields } from './field.ts'

export const DHCP: ProtocolFields<
  | 'endOptionMissing'
  | 'optionSuboptionLength'
  | 'type'
  | 'hwType'
  | 'hwLen'
  | 'hops'
  | 'id'
  | 'secs'
  | 'flags'
  | 'flagsBc'
  | 'flagsReserved'
  | 'ipClient'
  | 'ipYour'
  | 'ipServer'
  | 'ipRelay'
  | 'hwMacAddr'
  | 'hwAddr'
  | 'hwAddrPadding'
  | 'server'
  | 'file'
  | 'cookie'
  | 'clientIdType'
  | 'optionType'
  | 'optionLength'
  | 'optionValue'
  | 'optionPadding'
  | 'optionEnd'
  | 'optionRequestListItem'
  | 'optionVendorValue'
  | 'fqdnFlags'
  | 'fqdnMbz'
  | 'fqdnN'
  | 'fqdnE'
  | 'fqdnO'
  | 'fqdnS'
  | 'fqdnRcode1'
  | 'fqdnRcode2'
  | 'fqdnName'
  | 'optionAgentInformationOptionSuboption'
  | 'optionAgentInformationOptionAgentCircuitId'
  | 'optionAgentInformationOptionAgentRemoteId'
  | 'optionDhcpDnsDomainSearchListFqdn'
  | 'optionSubnetMask'
  | 'optionTimeOffset'
  | 'optionRouter'
  | 'optionTimeServer'
  | 'optionNameServer'
  | 'optionDomainNameServer'
  | 'optionLogServer'
  | 'optionHostname'
  | 'optionBootFileSize'
  | 'optionDomainName'
  | 'optionSwapServer'
  | 'optionRootPath'
  | 'optionIpForwarding'
  | 'optionMaxDatagramReassemblySize'
  | 'optionDefaultIpTtl'
  | 'optionInterfaceMtu'
  | 'optionBroadcastAddress'
  | 'optionRouterSolicitationAddress'
  | 'optionNtpServer'
  | 'optionNetbiosOverTcpipNameServer'
  | 'optionNetbiosOverTcpipNodeType'
  | 'optionNetbiosOverTcpipScope'
  | 'optionRequestedIpAddress'
  | 'optionIpAddressLeaseTime'
  | 'optionDhcp'
  | 'optionDhcpServerId'
  | 'optionMessage'
  | 'optionDhcpMaxMessageSize'
  | 'optionRenewalTimeValue'
  | 'optionRebindingTimeValue'
  | 'optionVendorClassId'
  | 'optionTftpServerName'
  | 'optionBootfileName'
  | 'optionTftpServerAddress'
  | 'optionPrivateProxyAutodiscovery'
> = defineProtocol(
  { name: 'dhcp', label: 'Dynamic Host Configuration Protocol' },
  {
    endOptionMissing: { name: 'dhcp.end_option_missing', label: 'End option missing', type: 'none' },
    optionSuboptionLength: { name: 'dhcp.option.suboption_length', label: 'Length', type: 'uint8', base: 'dec' },
    type: {
      name: 'dhcp.type',
      label: 'Message type',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [1, 'Boot Request'],
        [2, 'Boot Reply'],
      ]),
    },
    hwType: {
      name: 'dhcp.hw.type',
      label: 'Hardware type',
      type: 'uint8',
      base: 'hex',
      values: new Map([
        [0, 'NET/ROM pseudo'],
        [1, 'Ethernet'],
        [2, 'Experimental Ethernet'],
        [3, 'AX.25'],
        [4, 'ProNET'],
        [5, 'Chaos'],
        [6, 'IEEE 802'],
        [7, 'ARCNET'],
        [8, 'Hyperchannel'],
        [9, 'Lanstar'],
        [10, 'Autonet Short Address'],
        [11, 'Localtalk'],
        [12, 'LocalNet'],
        [13, 'Ultra link'],
        [14, 'SMDS'],
        [15, 'Frame Relay DLCI'],
        [16, 'ATM'],
        [17, 'HDLC'],
        [18, 'Fibre Channel'],
        [19, 'ATM (RFC 2225)'],
        [20, 'Serial Line'],
        [21, 'ATM'],
        [22, 'MIL-STD-188-220'],
        [23, 'Metricom STRIP'],
        [24, 'IEEE 1394.1995'],
        [25, 'MAPOS'],
        [26, 'Twinaxial'],
        [27, 'EUI-64'],
        [28, 'HIPARP'],
        [29, 'IP and ARP over ISO 7816-3'],
        [30, 'ARPSec'],
        [31, 'IPsec tunnel'],
        [32, 'InfiniBand'],
        [33, 'TIA-102 Project 25 CAI'],
        [34, 'Wiegand Interface'],
        [35, 'Pure IP'],
        [36, 'Experimental 1'],
        [37, 'HFI'],
        [256, 'Experimental 2'],
        [257, 'AEthernet'],
        [260, 'Notional KISS type'],
        [264, 'ADAPT'],
        [270, 'ROSE'],
        [271, 'CCITT X.25'],
        [272, 'Boards with X.25 in firmware'],
        [280, 'Controller Area Network'],
        [512, 'PPP'],
        [513, 'Cisco HDLC'],
        [516, 'LAPB'],
        [517, "Digital's DDCMP protocol"],
        [518, 'Raw HDLC'],
        [519, 'Raw IP'],
        [768, 'IPIP tunnel'],
        [769, 'IP6IP6 tunnel'],
        [770, 'Frame Relay Access Device'],
        [771, 'SKIP vif'],
        [772, 'Loopback'],
        [774, 'Fiber Distributed Data Interface'],
        [775, 'AP1000 BIF'],
        [776, 'sit0 device - IPv6-in-IPv4'],
        [777, 'IP over DDP tunneller'],
        [778, 'GRE over IP'],
        [779, 'PIMSM register interface'],
        [780, 'High Performance Parallel Interface'],
        [781, 'Nexus 64Mbps Ash'],
        [782, 'Acorn Econet'],
        [783, 'Linux-IrDA'],
        [784, 'Point to point fibrechannel'],
        [785, 'Fibrechannel arbitrated loop'],
        [786, 'Fibrechannel public loop'],
        [787, 'Fibrechannel fabric'],
        [800, 'Magic type ident for TR'],
        [801, 'IEEE 802.11'],
        [802, 'IEEE 802.11 + Prism2 header'],
        [803, 'IEEE 802.11 + radiotap header'],
        [804, 'IEEE 802.15.4'],
        [805, 'IEEE 802.15.4 network monitor'],
        [820, 'PhoNet media type'],
        [821, 'PhoNet pipe header'],
        [822, 'CAIF media type'],
        [823, 'GRE over IPv6'],
        [824, 'Netlink'],
        [825, 'IPv6 over LoWPAN'],
        [826, 'Vsock monitor header'],
        [65535, 'Void type, nothing is known'],
        [65534, 'zero header length'],
      ]),
    },
    hwLen: { name: 'dhcp.hw.len', label: 'Hardware address length', type: 'uint8', base: 'dec' },
    hops: { name: 'dhcp.hops', label: 'Hops', type: 'uint8', base: 'dec' },
    id: { name: 'dhcp.id', label: 'Transaction ID', type: 'uint32', base: 'hex' },
    secs: { name: 'dhcp.secs', label: 'Seconds elapsed', type: 'uint16', base: 'dec' },
    flags: { name: 'dhcp.flags', label: 'Bootp flags', type: 'uint16', base: 'hex' },
    flagsBc: { name: 'dhcp.flags.bc', label: 'Broadcast flag', type: 'boolean', width: 16, mask: 0x8000, values: booleanNames('Broadcast', 'Unicast') },
    flagsReserved: { name: 'dhcp.flags.reserved', label: 'Reserved flags', type: 'uint16', base: 'hex', mask: 0x7fff },
    ipClient: { name: 'dhcp.ip.client', label: 'Client IP address', type: 'ipv4' },
    ipYour: { name: 'dhcp.ip.your', label: 'Your (client) IP address', type: 'ipv4' },
    ipServer: { name: 'dhcp.ip.server', label: 'Next server IP address', type: 'ipv4' },
    ipRelay: { name: 'dhcp.ip.relay', label: 'Relay agent IP address', type: 'ipv4' },
    hwMacAddr: { name: 'dhcp.hw.mac_addr', label: 'Client MAC address', type: 'ether' },
    hwAddr: { name: 'dhcp.hw.addr', label: 'Client hardware address', type: 'bytes' },
    hwAddrPadding: { name: 'dhcp.hw.addr_padding', label: 'Client hardware address padding', type: 'bytes' },
    server: { name: 'dhcp.server', label: 'Server host name', type: 'string' },
    file: { name: 'dhcp.file', label: 'Boot file name', type: 'string' },
    cookie: { name: 'dhcp.cookie', label: 'Magic cookie', type: 'ipv4' },
    clientIdType: { name: 'dhcp.client_id.type', label: 'Type', type: 'uint8', base: 'dec' },
    optionType: { name: 'dhcp.option.type', label: 'Option', type: 'uint8', base: 'dec' },
    optionLength: { name: 'dhcp.option.length', label: 'Length', type: 'uint8', base: 'dec' },
    optionValue: { name: 'dhcp.option.value', label: 'Value', type: 'bytes', hidden: true },
    optionPadding: { name: 'dhcp.option.padding', label: 'Padding', type: 'bytes' },
    optionEnd: { name: 'dhcp.option.end', label: 'Option End', type: 'uint8', base: 'dec' },
    optionRequestListItem: { name: 'dhcp.option.request_list_item', label: 'Parameter Request List Item', type: 'uint8', base: 'dec' },
    optionVendorValue: { name: 'dhcp.option.vendor.value', label: 'Value', type: 'bytes' },
    fqdnFlags: { name: 'dhcp.fqdn.flags', label: 'Flags', type: 'uint8', base: 'hex' },
    fqdnMbz: { name: 'dhcp.fqdn.mbz', label: 'Reserved flags', type: 'uint8', base: 'hex', mask: 0xf0 },
    fqdnN: {
      name: 'dhcp.fqdn.n',
      label: 'Server DDNS',
      type: 'boolean',
      width: 8,
      mask: 0x8,
      values: booleanNames('No server updates', 'Some server updates'),
    },
    fqdnE: { name: 'dhcp.fqdn.e', label: 'Encoding', type: 'boolean', width: 8, mask: 0x4, values: booleanNames('Binary encoding', 'ASCII encoding') },
    fqdnO: { name: 'dhcp.fqdn.o', label: 'Server overrides', type: 'boolean', width: 8, mask: 0x2, values: booleanNames('Override', 'No override') },
    fqdnS: { name: 'dhcp.fqdn.s', label: 'Server', type: 'boolean', width: 8, mask: 0x1, values: booleanNames('Server', 'Client') },
    fqdnRcode1: { name: 'dhcp.fqdn.rcode1', label: 'A-RR result', type: 'uint8', base: 'dec' },
    fqdnRcode2: { name: 'dhcp.fqdn.rcode2', label: 'PTR-RR result', type: 'uint8', base: 'dec' },
    fqdnName: { name: 'dhcp.fqdn.name', label: 'Client name', type: 'string' },
    optionAgentInformationOptionSuboption: {
      name: 'dhcp.option.agent_information_option.suboption',
      label: 'Option 82 Suboption',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [0, 'Padding'],
        [1, 'Agent Circuit ID'],
        [2, 'Agent Remote ID'],
        [3, 'Reserved'],
        [4, 'DOCSIS Device Class'],
        [5, 'Link selection'],
        [6, 'Subscriber ID'],
        [7, 'RADIUS Attributes'],
        [8, 'Authentication'],
        [9, 'Vendor-Specific Information'],
        [10, 'Flags'],
        [11, 'Server ID Override'],
        [12, 'Relay Agent Identifier'],
        [13, 'Access Technology Type'],
        [14, 'Access Network Name'],
        [15, 'Access Point Name'],
        [16, 'Access Point BSSID'],
        [17, 'Access Network Operator ID'],
        [18, 'Access Network Operator Realm'],
        [19, 'Source Port'],
        [150, 'Link selection (Cisco proprietary)'],
        [151, 'VRF name/VPN ID'],
        [152, 'Server ID Override (Cisco proprietary)'],
      ]),
    },
    optionAgentInformationOptionAgentCircuitId: { name: 'dhcp.option.agent_information_option.agent_circuit_id', label: 'Agent Circuit ID', type: 'bytes' },
    optionAgentInformationOptionAgentRemoteId: { name: 'dhcp.option.agent_information_option.agent_remote_id', label: 'Agent Remote ID', type: 'bytes' },
    optionDhcpDnsDomainSearchListFqdn: { name: 'dhcp.option.dhcp_dns_domain_search_list_fqdn', label: 'FQDN', type: 'string' },
    optionSubnetMask: { name: 'dhcp.option.subnet_mask', label: 'Subnet Mask', type: 'ipv4' },
    optionTimeOffset: { name: 'dhcp.option.time_offset', label: 'Time Offset', type: 'int32', base: 'dec' },
    optionRouter: { name: 'dhcp.option.router', label: 'Router', type: 'ipv4' },
    optionTimeServer: { name: 'dhcp.option.time_server', label: 'Time Server', type: 'ipv4' },
    optionNameServer: { name: 'dhcp.option.name_server', label: 'Name Server', type: 'ipv4' },
    optionDomainNameServer: { name: 'dhcp.option.domain_name_server', label: 'Domain Name Server', type: 'ipv4' },
    optionLogServer: { name: 'dhcp.option.log_server', label: 'Log Server', type: 'ipv4' },
    optionHostname: { name: 'dhcp.option.hostname', label: 'Host Name', type: 'string' },
    optionBootFileSize: { name: 'dhcp.option.boot_file_size', label: 'Boot File Size', type: 'uint16', base: 'dec' },
    optionDomainName: { name: 'dhcp.option.domain_name', label: 'Domain Name', type: 'string' },
    optionSwapServer: { name: 'dhcp.option.swap_server', label: 'Swap Server', type: 'ipv4' },
    optionRootPath: { name: 'dhcp.option.root_path', label: 'Root Path', type: 'string' },
    optionIpForwarding: { name: 'dhcp.option.ip_forwarding', label: 'IP Forwarding', type: 'boolean', values: booleanNames('Enabled', 'Disabled') },
    optionMaxDatagramReassemblySize: {
      name: 'dhcp.option.max_datagram_reassembly_size',
      label: 'Maximum Datagram Reassembly Size',
      type: 'uint16',
      base: 'dec',
    },
    optionDefaultIpTtl: { name: 'dhcp.option.default_ip_ttl', label: 'Default IP Time-to-Live', type: 'uint8', base: 'dec' },
    optionInterfaceMtu: { name: 'dhcp.option.interface_mtu', label: 'Interface MTU', type: 'uint16', base: 'dec' },
    optionBroadcastAddress: { name: 'dhcp.option.broadcast_address', label: 'Broadcast Address', type: 'ipv4' },
    optionRouterSolicitationAddress: { name: 'dhcp.option.router_solicitation_address', label: 'Router Solicitation Address', type: 'ipv4' },
    optionNtpServer: { name: 'dhcp.option.ntp_server', label: 'Network Time Protocol Server', type: 'ipv4' },
    optionNetbiosOverTcpipNameServer: { name: 'dhcp.option.netbios_over_tcpip_name_server', label: 'NetBIOS over TCP/IP Name Server', type: 'ipv4' },
    optionNetbiosOverTcpipNodeType: {
      name: 'dhcp.option.netbios_over_tcpip_node_type',
      label: 'NetBIOS over TCP/IP Node Type',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [1, 'B-node'],
        [2, 'P-node'],
        [4, 'M-node'],
        [8, 'H-node'],
      ]),
    },
    optionNetbiosOverTcpipScope: { name: 'dhcp.option.netbios_over_tcpip_scope', label: 'NetBIOS over TCP/IP Scope', type: 'string' },
    optionRequestedIpAddress: { name: 'dhcp.option.requested_ip_address', label: 'Requested IP Address', type: 'ipv4' },
    optionIpAddressLeaseTime: { name: 'dhcp.option.ip_address_lease_time', label: 'IP Address Lease Time', type: 'uint32', base: 'dec' },
    optionDhcp: {
      name: 'dhcp.option.dhcp',
      label: 'DHCP',
      type: 'uint8',
      base: 'dec',
      values: new Map([
        [1, 'Discover'],
        [2, 'Offer'],
        [3, 'Request'],
        [4, 'Decline'],
        [5, 'ACK'],
        [6, 'NAK'],
        [7, 'Release'],
        [8, 'Inform'],
        [9, 'Force Renew'],
        [10, 'Lease query'],
        [11, 'Lease Unassigned'],
        [12, 'Lease Unknown'],
        [13, 'Lease Active'],
        [14, 'Bulk Lease Query'],
        [15, 'Lease Query Done'],
        [16, 'Active LeaseQuery'],
        [17, 'Lease Query Status'],
        [18, 'TLS'],
      ]),
    },
    optionDhcpServerId: { name: 'dhcp.option.dhcp_server_id', label: 'DHCP Server Identifier', type: 'ipv4' },
    optionMessage: { name: 'dhcp.option.message', label: 'Message', type: 'string' },
    optionDhcpMaxMessageSize: { name: 'dhcp.option.dhcp_max_message_size', label: 'Maximum DHCP Message Size', type: 'uint16', base: 'dec' },
    optionRenewalTimeValue: { name: 'dhcp.option.renewal_time_value', label: 'Renewal Time Value', type: 'uint32', base: 'dec' },
    optionRebindingTimeValue: { name: 'dhcp.option.rebinding_time_value', label: 'Rebinding Time Value', type: 'uint32', base: 'dec' },
    optionVendorClassId: { name: 'dhcp.option.vendor_class_id', label: 'Vendor class identifier', type: 'string' },
    optionTftpServerName: { name: 'dhcp.option.tftp_server_name', label: 'TFTP Server Name', type: 'string' },
    optionBootfileName: { name: 'dhcp.option.bootfile_name', label: 'Bootfile name', type: 'string' },
    optionTftpServerAddress: { name: 'dhcp.option.tftp_server_address', label: 'TFTP Server Address', type: 'ipv4' },
    optionPrivateProxyAutodiscovery: { name: 'dhcp.option.private_proxy_autodiscovery', label: 'Private/Proxy autodiscovery', type: 'string' },
  },
)
