//! The tests against programs that nobody here wrote.
//!
//! Each file holds the tests of one of our roles against all its peers, and a table of them. What doesn't belong here:
//! anything that another test could use, which is the rig (`interop/src`).

use std::process::ExitCode;

mod boot;
mod c_programs;
mod cortex_m;
mod dhcp_dnsmasq;
mod dhcp_infiniband;
mod dhcp_isc;
mod dhcp_server;
mod fabric;
mod fabric_boot;
mod ib_codec;
mod ib_roce;
mod ib_sa;
mod ib_sma;
mod ib_tshark;
mod nbp;
mod nbp_chain;
mod nbp_keys;
mod nbp_machine;
mod nbp_matrix;
mod nbp_trouble;
mod option_rom;
mod relay;
mod rom;
mod tftp;
mod tftp_client;
mod tftp_options;
mod tftp_server;
mod trace;
mod uefi;
mod uefi_ends;
mod uefi_lacks;
mod uefi_machines;
mod uefi_matrix;
mod uefi_secure;

fn main() -> ExitCode {
    // The longest first: the others run beside them.
    let cases: Vec<_> = [
        tftp_client::CASES,
        relay::CASES,
        dhcp_dnsmasq::CASES,
        dhcp_infiniband::CASES,
        dhcp_isc::CASES,
        dhcp_server::CASES,
        tftp_options::CASES,
        tftp_server::CASES,
        rom::CASES,
        uefi::CASES,
        uefi_ends::CASES,
        uefi_lacks::CASES,
        uefi_machines::CASES,
        uefi_matrix::CASES,
        uefi_secure::CASES,
        nbp::CASES,
        nbp_chain::CASES,
        nbp_keys::CASES,
        nbp_machine::CASES,
        nbp_matrix::CASES,
        nbp_trouble::CASES,
        option_rom::CASES,
        fabric::CASES,
        fabric_boot::CASES,
        ib_sa::CASES,
        ib_sma::CASES,
        ib_tshark::CASES,
        ib_codec::CASES,
        ib_roce::CASES,
        boot::CASES,
        c_programs::CASES,
        cortex_m::CASES,
        trace::CASES,
    ]
    .concat();
    let slow = [nbp_matrix::SLOW, nbp_trouble::SLOW, uefi_machines::SLOW, uefi_matrix::SLOW].concat();
    interop::runner::main(&cases, &slow)
}
