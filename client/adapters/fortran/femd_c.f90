! libfemd as Fortran sees it: the structures and functions of client.h and arrays.h that femd.f90 uses, C's strings, and
! how a result is handed over.
module femd_c
    use, intrinsic :: iso_c_binding
    implicit none
    public

    integer(c_int), parameter :: FEMD_OK = 0
    integer(c_int), parameter :: law_piola = 0, law_cauchy = 1, law_green = 2, law_small = 3
    integer(c_int), parameter :: matrix_columns = 1, vector_abaqus = 1, bad_argument = -21

    !> A material that was registered with a client.
    type, bind(c) :: femd_material
        private
        integer(c_int8_t) :: hash(32) = 0
    end type

    type, bind(c) :: c_error
        integer(c_int) :: code = 0
        character(kind=c_char) :: text(1024) = c_null_char
    end type

    type, bind(c) :: c_config
        integer(c_size_t) :: size = 0
        type(c_ptr) :: address = c_null_ptr, run = c_null_ptr
        integer(c_int32_t) :: rank = 0, ranks = 0, step = 0
        real(c_double) :: connect_timeout = 0, wait_timeout = 0
        type(c_funptr) :: progress = c_null_funptr
        type(c_ptr) :: user = c_null_ptr
        integer(c_int) :: give_up_early = 0
        type(c_ptr) :: key = c_null_ptr
        integer(c_int) :: insecure = 0
    end type

    type, bind(c) :: c_arrays
        integer(c_size_t) :: size = 0, n = 0
        integer(c_int) :: law = 0, matrix = matrix_columns, vector = vector_abaqus
        type(c_ptr) :: F = c_null_ptr, strain = c_null_ptr, temperature = c_null_ptr
        real(c_double) :: temperature_of_all = 0
        type(c_ptr) :: pressure = c_null_ptr, Q = c_null_ptr, token_in = c_null_ptr
        integer(c_size_t) :: token_stride = 0
        type(c_ptr) :: points = c_null_ptr
        integer(c_int64_t) :: first_point = 0, seed = 1
        integer(c_int32_t) :: increment = 0, attempt = 0, iteration = 0
        real(c_double) :: accuracy = 0
        integer(c_int) :: sweep = 0
        type(c_ptr) :: stress = c_null_ptr, tangent = c_null_ptr, thermal_stress = c_null_ptr, energy = c_null_ptr, &
                       J = c_null_ptr, error = c_null_ptr, token_out = c_null_ptr, notes = c_null_ptr, &
                       status = c_null_ptr, words = c_null_ptr
        integer(c_size_t) :: words_size = 0
        type(c_ptr) :: conductivity = c_null_ptr, conductivity_error = c_null_ptr, delta_mu = c_null_ptr, &
                       composition = c_null_ptr, composition_error = c_null_ptr
    end type

    interface
        function c_open(config, client, err) bind(c, name="femd_client_open") result(rc)
            import
            type(c_config), intent(in) :: config
            type(c_ptr), intent(out) :: client
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        subroutine c_close(client) bind(c, name="femd_client_close")
            import
            type(c_ptr), intent(inout) :: client
        end subroutine
        function c_material_file(client, path, name, id, caps, err) bind(c, name="femd_client_material_file") result(rc)
            import
            type(c_ptr), value :: client, name, caps
            character(kind=c_char), intent(in) :: path(*)
            type(femd_material), intent(out) :: id
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_material(client, json, folder, id, caps, err) bind(c, name="femd_client_material") result(rc)
            import
            type(c_ptr), value :: client, folder, caps
            character(kind=c_char), intent(in) :: json(*)
            type(femd_material), intent(out) :: id
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_remarks(client, id) bind(c, name="femd_client_remarks") result(text)
            import
            type(c_ptr), value :: client
            type(femd_material), intent(in) :: id
            type(c_ptr) :: text
        end function
        function c_orientation(client, id, Q, err) bind(c, name="femd_client_orientation") result(rc)
            import
            type(c_ptr), value :: client
            type(femd_material), intent(in) :: id
            real(c_double), intent(out) :: Q(9)
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_orient(client, id, Q, other, err) bind(c, name="femd_client_orient") result(rc)
            import
            type(c_ptr), value :: client
            type(femd_material), intent(in) :: id
            real(c_double), intent(in) :: Q(9)
            type(femd_material), intent(out) :: other
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_evaluate(client, id, arrays, worst, err) bind(c, name="femd_arrays_evaluate") result(rc)
            import
            type(c_ptr), value :: client
            type(femd_material), intent(in) :: id
            type(c_arrays), intent(in) :: arrays
            integer(c_int), intent(out) :: worst
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_commit(client, step, points, first, tokens, stride, n, err) bind(c, name="femd_tokens_commit") result(rc)
            import
            type(c_ptr), value :: client, points
            integer(c_int32_t), value :: step
            integer(c_int64_t), value :: first
            real(c_double), intent(in) :: tokens(*)
            integer(c_size_t), value :: stride, n
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_abort(client, err) bind(c, name="femd_client_abort") result(rc)
            import
            type(c_ptr), value :: client
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_save(client, path, tokens, stride, n, err) bind(c, name="femd_tokens_save") result(rc)
            import
            type(c_ptr), value :: client
            character(kind=c_char), intent(in) :: path(*)
            real(c_double), intent(in) :: tokens(*)
            integer(c_size_t), value :: stride, n
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_load(client, path, states, err) bind(c, name="femd_states_load") result(rc)
            import
            type(c_ptr), value :: client
            character(kind=c_char), intent(in) :: path(*)
            integer(c_size_t), intent(out) :: states
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_status(client, json, err) bind(c, name="femd_client_status") result(rc)
            import
            type(c_ptr), value :: client
            type(c_ptr), intent(out) :: json
            type(c_error), intent(inout) :: err
            integer(c_int) :: rc
        end function
        function c_reused(client) bind(c, name="femd_client_reused") result(n)
            import
            type(c_ptr), value :: client
            integer(c_int64_t) :: n
        end function
        function c_is_physics(code) bind(c, name="femd_status_is_physics") result(yes)
            import
            integer(c_int), value :: code
            integer(c_int) :: yes
        end function
        function c_status_name(code) bind(c, name="femd_status_name") result(text)
            import
            integer(c_int), value :: code
            type(c_ptr) :: text
        end function
        function c_version() bind(c, name="femd_version") result(text)
            import
            type(c_ptr) :: text
        end function
        function c_strlen(text) bind(c, name="strlen") result(n)
            import
            type(c_ptr), value :: text
            integer(c_size_t) :: n
        end function
        subroutine c_free(memory) bind(c, name="free")
            import
            type(c_ptr), value :: memory
        end subroutine
    end interface

contains

    !> Blanks behind a name are Fortran's, not the name's.
    function c_text(text) result(chars)
        character(len=*), intent(in) :: text
        character(kind=c_char), allocatable :: chars(:)
        integer :: i
        allocate (chars(len_trim(text) + 1))
        do i = 1, len_trim(text)
            chars(i) = text(i:i)
        end do
        chars(size(chars)) = c_null_char
    end function

    function f_text(text) result(words)
        type(c_ptr), intent(in) :: text
        character(len=:), allocatable :: words
        character(kind=c_char), pointer :: chars(:)
        integer :: i
        words = ""
        if (.not. c_associated(text)) return
        call c_f_pointer(text, chars, [c_strlen(text)])
        words = repeat(" ", size(chars))
        do i = 1, size(chars)
            words(i:i) = chars(i)
        end do
    end function

    !> Hand a result over: to stat and errmsg, or stop.
    subroutine tell(rc, err, stat, errmsg)
        integer(c_int), intent(in) :: rc
        type(c_error), intent(in), target :: err
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable :: words
        words = f_text(c_loc(err%text))
        if (present(stat)) stat = rc
        if (present(errmsg) .and. rc /= FEMD_OK) errmsg = words
        if (rc /= FEMD_OK .and. .not. present(stat)) error stop "femd: "//words
    end subroutine

    subroutine tell_argument(words, stat, errmsg)
        character(len=*), intent(in) :: words
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        if (present(stat)) stat = bad_argument
        if (present(errmsg)) errmsg = words
        if (.not. present(stat)) error stop "femd: "//words
    end subroutine
end module femd_c
