# Encodings of the fields that L1 is offered, in the table's order (enum pn_field), from spec/fields/vmcs.tbl.
BEGIN { print "/* Made from spec/fields/vmcs.tbl by tests/fuzz/fields.awk. */\nstatic const uint32_t encodings[] = {" }
/^[A-Z]/ && $4 != "none" { printf "    %s, /* %s */\n", $2, $1 }
END { print "};" }
