//! What is proven, how, and what breaks it.

/// How a proof is done.
#[derive(Clone, Copy)]
pub enum By {
    /// Unbounded: the states that can be reached (IC3, ABC's `pdr`).
    Reachability,
    /// Unbounded: no bad state in the first clocks, and none so many clocks after good ones.
    Induction(usize),
    /// No bad state in so many clocks after the reset.
    Clocks(usize),
}

/// A file of properties and what it is about.
pub struct Proof {
    /// Name in `proofs/`.
    pub name: &'static str,
    /// Modules, the first of which is proven.
    pub modules: &'static [&'static str],
    /// A parameter of the file.
    pub parameter: Option<(&'static str, usize)>,
    /// Wires of the file and what they are connected to inside.
    pub inside: &'static [(&'static str, &'static str)],
    /// How it is done.
    pub by: By,
    /// Module, text that is there once, what it becomes: has a counterexample.
    pub mutants: &'static [(&'static str, &'static str, &'static str)],
}

const PLAIN: Proof = Proof { name: "", modules: &[], parameter: None, inside: &[], by: By::Reachability, mutants: &[] };

/// Every proof.
pub const PROOFS: &[Proof] = &[
    Proof {
        name: "fifo",
        modules: &["snn_fifo"],
        inside: &[("inner_head", "head_q"), ("inner_tail", "tail_q"), ("inner_memory", "memory")],
        by: By::Induction(2),
        mutants: &[
            ("snn_fifo", "waits = head_q != tail_q", "waits = head_q[2:0] != tail_q[2:0]"),
            ("snn_fifo", "if (moves) tail_q <= tail_q + 1'b1;", "tail_q <= tail_q + 1'b1;"),
            ("snn_fifo", "waits && (!valid_q || pop)", "waits"),
            ("snn_fifo", "waits || (valid_q && !pop)", "waits || valid_q"),
        ],
        ..PLAIN
    },
    Proof {
        name: "queue",
        modules: &["snn_queue", "snn_ram"],
        mutants: &[
            ("snn_queue", "free  = !stored[ADDRESS_BITS]", "free  = 1'b1"),
            ("snn_queue", "(!valid_q || pop)", "1'b1"),
            ("snn_queue", "else if (pop) valid_q <= 1'b0;", ""),
        ],
        ..PLAIN
    },
    Proof {
        name: "link",
        modules: &["snn_link"],
        mutants: &[
            ("snn_link", "free_q  <= FRAMES[COUNT_BITS-1:0];", "free_q  <= FRAMES[COUNT_BITS-1:0] + 1'b1;"),
            ("snn_link", "if (read[r]) first_q <= {1'b0, first_q[FRAMES-1:1]};", ""),
            ("snn_link", "(read[r] ? there[i+1] : there[i])", "there[i]"),
        ],
        ..PLAIN
    },
    Proof { name: "link", modules: &["snn_link"], parameter: Some(("FRAMES", 2)), ..PLAIN },
    Proof {
        name: "readers",
        modules: &["snn_link"],
        mutants: &[("snn_link", "assign free = &frees;", "assign free = |frees;")],
        ..PLAIN
    },
    Proof {
        name: "turns",
        modules: &["snn_turns"],
        mutants: &[
            ("snn_turns", "wait_q <= WAIT;", "wait_q <= WAIT - 1'b1;"),
            ("snn_turns", "turn_q <= {turn_q[ENGINES-2:0], turn_q[ENGINES-1]};", ""),
            ("snn_turns", "turn_q <= FIRST;", ""),
        ],
        ..PLAIN
    },
    Proof {
        name: "kept",
        modules: &["snn_kept", "snn_ram"],
        mutants: &[("snn_kept", "write_q == ALL[ADDRESS_BITS-1:0] ? {ADDRESS_BITS{1'b0}} :", "")],
        ..PLAIN
    },
    Proof {
        name: "replay",
        modules: &["snn_replay", "snn_kept", "snn_ram"],
        mutants: &[
            ("snn_replay", "assign start = full && free &&", "assign start = full &&"),
            ("snn_replay", "if (read) second_q <= !second_q;", ""),
        ],
        ..PLAIN
    },
    Proof {
        name: "invert",
        modules: &["snn_invert", "snn_ram"],
        mutants: &[
            ("snn_invert", "assign read  = ends && !base_q", "assign read  = ends"),
            ("snn_invert", "assign start = free &&", "assign start ="),
            ("snn_invert", "odd_q ? SECOND : {FLAG_BITS{1'b0}}", "{FLAG_BITS{1'b0}}"),
        ],
        ..PLAIN
    },
    Proof {
        name: "base",
        modules: &["snn_base", "snn_ram"],
        mutants: &[
            ("snn_base", "if (last) first_q <= i_tag[0];", "first_q <= i_tag[0];"),
            ("snn_base", "i_valid && !i_tag[0] && !rst", "i_valid && !rst"),
        ],
        ..PLAIN
    },
    Proof {
        name: "load",
        modules: &["snn_load"],
        mutants: &[
            ("snn_load", "if (ends) row_q <= row_q + 1'b1;", "row_q <= row_q + 1'b1;"),
            ("snn_load", "assign w_valid   = i_valid && !full_q", "assign w_valid   = i_valid"),
        ],
        ..PLAIN
    },
    Proof {
        name: "feed",
        modules: &["snn_feed"],
        mutants: &[
            ("snn_feed", "load_valid <= takes && !begins", "load_valid <= takes"),
            ("snn_feed", "localparam LAST       = WORDS - 1", "localparam LAST       = WORDS - 2"),
        ],
        ..PLAIN
    },
    Proof {
        name: "axis_in",
        modules: &["snn_axis_in"],
        mutants: &[
            ("snn_axis_in", "s_axis_tready = enable && (m_ready || !something)", "s_axis_tready = enable && m_ready"),
            (
                "snn_axis_in",
                "m_valid       = s_axis_tvalid && enable && something",
                "m_valid       = s_axis_tvalid && enable && something && m_ready",
            ),
        ],
        ..PLAIN
    },
    Proof {
        name: "axis_out",
        modules: &["snn_axis_out"],
        mutants: &[
            ("snn_axis_out", "(last_q || (s_valid && s_keep))", "(last_q && (s_valid && s_keep))"),
            (
                "snn_axis_out",
                "joins = s_valid && valid_q && !last_q && !s_keep",
                "joins = s_valid && valid_q && !s_keep",
            ),
            (
                "snn_axis_out",
                "valid_q <= !rst && (s_valid || (valid_q && !sent))",
                "valid_q <= !rst && (s_valid || !sent)",
            ),
        ],
        ..PLAIN
    },
    Proof {
        name: "axi_lite",
        modules: &["snn_axi_lite"],
        mutants: &[
            ("snn_axi_lite", "s_axi_wvalid && !written_q && !rst", "s_axi_wvalid && !rst"),
            ("snn_axi_lite", "s_axi_arready  = !read_q && !rst", "s_axi_arready  = read_q && !rst"),
            ("snn_axi_lite", "if (bus_read) data_q <= bus_read_data;", "data_q <= bus_read_data;"),
            ("snn_axi_lite", "(bus_read || (read_q && !s_axi_rready))", "bus_read"),
        ],
        ..PLAIN
    },
    Proof {
        name: "route",
        modules: &["snn_route"],
        mutants: &[
            ("snn_route", "assign s_ready = m_ready && !queued;", "assign s_ready = m_ready;"),
            ("snn_route", "spike_valid && queued && queue_free", "spike_valid && queued"),
        ],
        ..PLAIN
    },
    Proof {
        name: "packets",
        modules: &["snn_packets"],
        mutants: &[
            ("snn_packets", "data_q <= {8'd0, data_q[31:8]};", ""),
            ("snn_packets", "GIVE: if (o_ready) begin", "GIVE: begin"),
        ],
        ..PLAIN
    },
    Proof {
        name: "uart",
        modules: &["snn_uart"],
        by: By::Clocks(70), // one byte and a half
        mutants: &[("snn_uart", "if (i_valid) out_bit_q <= 4'd10;", "if (i_valid) out_bit_q <= 4'd9;")],
        ..PLAIN
    },
    Proof {
        name: "stream",
        modules: &["snn_stream"],
        mutants: &[
            ("snn_stream", "(wait_q != {WAIT_BITS{1'b0}} || !free)", "wait_q != {WAIT_BITS{1'b0}}"),
            ("snn_stream", "assign s_ready    = !blocked;", "assign s_ready    = 1'b1;"),
            ("snn_stream", "if (start) wait_q <= WAIT;", "if (start) wait_q <= WAIT - 1'b1;"),
        ],
        ..PLAIN
    },
    Proof {
        name: "encoder",
        modules: &["snn_encoder", "snn_pick", "snn_binary"],
        mutants: &[
            ("snn_encoder", "s_ready = !valid_q || ended", "s_ready = !valid_q && ended"),
            ("snn_encoder", "else if (m_ready) rest_q <= beyond;", "else rest_q <= beyond;"),
            (
                "snn_encoder",
                "last_q ? {INDEX_BITS{1'b0}} : base_q + WORD[INDEX_BITS-1:0]",
                "base_q + WORD[INDEX_BITS-1:0]",
            ),
            ("snn_encoder", "m_last  = last_q && ends", "m_last  = last_q"),
        ],
        ..PLAIN
    },
    Proof {
        name: "events",
        modules: &["snn_events", "snn_ram", "snn_pick", "snn_binary"],
        mutants: &[
            ("snn_events", "end else if (m_ready) rest_q <= beyond;", "end else rest_q <= beyond;"),
            ("snn_events", "state_q   <= last_word ? END : FETCH;", "state_q   <= END;"),
        ],
        ..PLAIN
    },
    Proof {
        name: "encode",
        modules: &["snn_encode", "snn_issue", "snn_pick", "snn_binary"],
        mutants: &[
            ("snn_issue", "i_valid && (!valid_q || (issue && !more_q))", "i_valid && (!valid_q || issue)"),
            ("snn_issue", "(flags_q[3] && !free)", "1'b0"),
            ("snn_issue", "if (ends) wait_q <= WAIT;", ""),
        ],
        ..PLAIN
    },
    Proof {
        name: "encode",
        modules: &["snn_encode", "snn_issue", "snn_pick", "snn_binary"],
        parameter: Some(("SLOTS", 2)),
        by: By::Clocks(25),
        ..PLAIN
    },
    Proof {
        name: "encode",
        modules: &["snn_encode", "snn_issue", "snn_pick", "snn_binary"],
        parameter: Some(("SLOTS", 4)),
        by: By::Clocks(25),
        ..PLAIN
    },
    Proof {
        name: "columns",
        modules: &["snn_columns", "snn_issue", "snn_pick", "snn_binary"],
        mutants: &[
            ("snn_issue", "i_valid && (!valid_q || (issue && !more_q))", "i_valid && (!valid_q || issue)"),
            ("snn_issue", "(flags_q[3] && !free)", "1'b0"),
            ("snn_issue", "if (ends) wait_q <= WAIT;", ""),
            ("snn_columns", "chosen(one, bits_q)", "chosen({BANKS{1'b1}}, bits_q)"),
        ],
        ..PLAIN
    },
    Proof {
        name: "columns",
        modules: &["snn_columns", "snn_issue", "snn_pick", "snn_binary"],
        parameter: Some(("SLOTS", 2)),
        by: By::Clocks(25),
        ..PLAIN
    },
    Proof {
        name: "columns",
        modules: &["snn_columns", "snn_issue", "snn_pick", "snn_binary"],
        parameter: Some(("SLOTS", 4)),
        by: By::Clocks(25),
        ..PLAIN
    },
    Proof {
        name: "taps",
        modules: &["snn_taps", "snn_pick", "snn_binary"],
        mutants: &[("snn_taps", "i_valid && (!full_q || take)", "i_valid && !full_q || take")],
        ..PLAIN
    },
    Proof {
        name: "collect",
        modules: &["snn_collect", "snn_ram"],
        mutants: &[
            ("snn_collect", "(again ? newest_5q : stored)", "stored"),
            ("snn_collect", "settle_q == 3'd0 && free", "settle_q == 3'd0"),
        ],
        ..PLAIN
    },
    Proof {
        name: "window",
        modules: &["snn_window", "snn_walk", "snn_fifo", "snn_ram"],
        inside: &[
            ("inner_room", "room_q"),
            ("inner_valids", "valids_q"),
            ("inner_step", "step"),
            ("inner_head", "u_fifo.head_q"),
            ("inner_tail", "u_fifo.tail_q"),
        ],
        by: By::Induction(2),
        mutants: &[
            ("snn_window", "rst ? 5'd16 : room_q", "rst ? 5'd17 : room_q"),
            ("snn_window", "room_q + {4'd0, o_pop} - {4'd0, step}", "room_q + {4'd0, o_pop} - {4'd0, valids_q[5]}"),
        ],
        ..PLAIN
    },
    Proof {
        name: "walk",
        modules: &["snn_walk"],
        mutants: &[("snn_walk", "if (finished) start_q <= frame_address;", "")],
        ..PLAIN
    },
    Proof {
        name: "drain",
        modules: &["snn_drain", "snn_ram"],
        mutants: &[
            ("snn_drain", "end else if (last) drain_q <= 1'b0;", "end else if (last) drain_q <= drain_q;"),
            ("snn_drain", "stored_2 & {(GROUP*SUM_BITS){known_2q}}", "stored_2"),
        ],
        ..PLAIN
    },
    Proof { name: "drain", modules: &["snn_drain", "snn_ram"], parameter: Some(("RUNNING", 0)), ..PLAIN },
    Proof {
        name: "writer",
        modules: &["snn_writer"],
        mutants: &[(
            "snn_writer",
            "chunk_end  = column_end || slot_q == LAST_SLOT",
            "chunk_end  = slot_q == LAST_SLOT",
        )],
        ..PLAIN
    },
    Proof {
        name: "readout",
        modules: &["snn_readout", "snn_ram"],
        mutants: &[
            ("snn_readout", "$signed(score_2q) > $signed(best_q)", "$signed(score_2q) >= $signed(best_q)"),
            ("snn_readout", "class_valid <= valid_2q && last_2q && ends_2q;", "class_valid <= valid_2q && last_2q;"),
            ("snn_readout", "if (valid_2q && last_2q && ends_2q) class_index", "if (valid_2q && last_2q) class_index"),
        ],
        ..PLAIN
    },
    Proof {
        name: "spi",
        modules: &["snn_spi"],
        by: By::Clocks(160),
        mutants: &[
            ("snn_spi", "in_q  <= {in_q[6:0], mosi_q[1]};", "in_q  <= {mosi_q[1], in_q[7:1]};"),
            ("snn_spi", "if (full) out_q <= i_valid ? i_data : 8'd0;", "if (full) out_q <= i_data;"),
            ("snn_spi", "bit_q == 3'd7", "bit_q == 3'd6"),
        ],
        ..PLAIN
    },
    Proof {
        name: "delays",
        modules: &[
            "snn_finish",
            "snn_filter",
            "snn_synaptic",
            "snn_neuron",
            "snn_delta",
            "snn_pool",
            "snn_join",
            "snn_kept",
            "snn_ram",
            "snn_rom",
            "snn_leak",
        ],
        mutants: &[
            ("snn_finish", "o_valid  <= valid_1q;", "o_valid  <= valid_1q || o_valid;"),
            (
                "snn_filter",
                "valids_q <= {valids_q[3:0], i_valid};",
                "valids_q <= {valids_q[3:0], i_valid && !valids_q[0]};",
            ),
            ("snn_synaptic", "o_valid <= valid_5 && !rst;", "o_valid <= valid_5;"),
            ("snn_delta", "o_written <= i_written && !rst;", "o_written <= i_written;"),
            ("snn_join", "o_valid <= valid_1q && !rst;", "o_valid <= valid_1q;"),
        ],
        ..PLAIN
    },
    Proof {
        name: "unrolled_issue",
        modules: &["snn_unrolled_issue"],
        mutants: &[
            ("snn_unrolled_issue", "(room && !begun)", "!begun"),
            ("snn_unrolled_issue", "o_load  <= plane_q == {PLANE_BITS{1'b0}};", "o_load  <= last;"),
            ("snn_unrolled_issue", "if (begins != given)", "if (begins || given)"),
            ("snn_unrolled_issue", "if (taken) o_spikes <= s_spikes;", "if (taken && !last) o_spikes <= s_spikes;"),
        ],
        ..PLAIN
    },
    Proof {
        name: "unrolled_issue",
        modules: &["snn_unrolled_issue"],
        parameter: Some(("CONSTANT", 1)),
        mutants: &[
            ("snn_unrolled_issue", "again  = begun && room", "again  = begun"),
            ("snn_unrolled_issue", "(room && !begun)", "room"),
            ("snn_unrolled_issue", "s_first && !begun", "s_first"),
        ],
        ..PLAIN
    },
    Proof {
        name: "unrolled_collect",
        modules: &["snn_unrolled_collect"],
        mutants: &[
            ("snn_unrolled_collect", "!s_last || !m_valid || m_ready", "1'b1"),
            ("snn_unrolled_collect", "ends ? {FAN_IN{1'b0}} : frame", "frame"),
            ("snn_unrolled_collect", "s_keep} << s_index", "1'b1} << s_index"),
        ],
        ..PLAIN
    },
    Proof {
        name: "unrolled_events",
        modules: &["snn_unrolled_events", "snn_pick", "snn_binary"],
        mutants: &[
            ("snn_unrolled_events", "(m_ready && m_last)", "m_ready"),
            ("snn_unrolled_events", "else if (m_ready) rest_q <= beyond;", "else rest_q <= beyond;"),
        ],
        ..PLAIN
    },
];
