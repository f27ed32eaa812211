//! Why a verb did nothing.

bootproto_core::numbered! {
    /// Why a verb did nothing.
    pub enum VerbsError {
        /// The hardware does not answer, or says what can't be true.
        Device = 5201, "the HCA does not answer, or its memory makes no sense", "Reset the HCA; a driver's or a firmware's fault.";
        /// Queue pairs, completion queues, groups or memory are used up.
        NoResources = 5202, "the HCA has no room for another queue, queue pair or group", "Give up some of them first.";
        /// There is no such queue pair.
        NoSuchQp = 5203, "there is no such queue pair", "The program's own fault.";
        /// There is no such completion queue.
        NoSuchCq = 5204, "there is no such completion queue", "The program's own fault.";
        /// It is in use, or there is only one of its kind.
        Busy = 5205, "it is in use, or there can be only one", "The program's own fault.";
        /// The hardware can't.
        Unsupported = 5206, "the HCA can't do this", "The driver says what it supports.";
        /// The port's table of partitions has no such place, or it is empty.
        BadPKeyIndex { /// The place.
            index: u16 } = 5207, "place {index} of the partition table is empty or past its end", "Ask the administrator of the subnet manager to put this port into the partition.";
        /// As many sends are under way as the queue pair has room for.
        QueueFull = 5208, "the send queue is full", "Poll the completion queue, then try again.";
        /// The message is longer than the MTU.
        TooLong { /// How long it is.
            length: usize,
            /// What is allowed.
            limit: usize } = 5209, "{length} bytes are more than the {limit} that one message may have", "The program's own fault.";
        /// A datagram needs a destination, and a connection must not have one.
        NoDestination = 5210, "a datagram without a destination, or a connected message with one", "The program's own fault.";
        /// The queue pair is not connected.
        NotConnected = 5211, "the queue pair is not connected", "Connect it first, or the peer gave it up.";
        /// The link does not carry this message in its present state.
        PortDown { /// The link's state.
            state: super::PortState } = 5212, "the port is {state}", "Check the cable, and that a subnet manager runs.";
        /// The caller's buffer can't hold the message.
        BufferTooSmall { /// How many bytes it takes.
            needed: usize } = 5213, "the receive buffer is too small, {needed} bytes are needed", "Give 4096 bytes.";
        /// The link can't go there from where it is.
        BadTransition { /// Where it is.
            from: super::PortState,
            /// Where it should go.
            to: super::PortState } = 5214, "a port that is {from} can't become {to}", "The subnet manager asks for the impossible.";
    }
}
