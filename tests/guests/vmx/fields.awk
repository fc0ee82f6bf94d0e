# From spec/fields/vmcs.tbl: names for the encodings, and the list of what is offered.
BEGIN { print "/* made by fields.awk */"; print "#ifndef VMCS_FIELDS"; print "enum vmcs_field {" }
!/^#/ && NF {
    printf "    %s = %s,\n", $1, $2
    if ($4 != "none")
        list = list sprintf("X(%s, %s, %s, %d) ", $1, $2, $3 == "n" ? 0 : $3, $5 == "EXIT")
}
END { print "};"; print "#define VMCS_FIELDS(X) " list; print "#endif" }
